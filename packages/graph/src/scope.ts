import type { GraphDType } from "./dtype.ts";
import { GraphError } from "./errors.ts";
import { createGraph, createValue, type Graph, type Value, type ValueDType } from "./graph.ts";
import type { Dimension } from "./shape.ts";

/** Shared by all scopes of a graph. */
interface Declared {
  readonly inputs: Map<string, Value>;
  readonly parameters: Map<string, Value>;
}

/**
 * A layer's position in a model, used to declare inputs and weights: weight names are relative to a prefix
 * (`down_blocks.0.resnets.1`), as in PyTorch modules.
 *
 * @example
 * const graph = defineGraph((scope) => {
 *   const x = scope.input("x", "float32", ["batch", 3]);
 *   return { y: linear(x, scope.matrix("proj.weight", [4, 3]), scope.vector("proj.bias", [4])) };
 * });
 */
export class Scope {
  /** The path of the part, without a trailing dot; `""` at the root. */
  readonly path: string;
  readonly #declared: Declared;

  /** @internal Scopes are created by {@link defineGraph} and by other scopes. */
  constructor(declared: Declared, path: string) {
    this.#declared = declared;
    this.path = path;
  }

  /** The scope of a part: `scope.child("resnets.0")`. */
  child(name: string): Scope {
    return new Scope(this.#declared, this.#nameOf(name));
  }

  /** Defines a part in its own scope. A {@link GraphError} thrown there names the innermost part. */
  within<Result>(name: string, define: (scope: Scope) => Result): Result {
    const scope = this.child(name);
    try {
      return define(scope);
    } catch (error) {
      if (!GraphError.isInstance(error) || error.scope !== "" || error.problem === undefined) throw error;
      throw new GraphError(error.problem, { scope: scope.path, cause: error });
    }
  }

  /** Declares an input of the graph. Its name is not prefixed by the scope. */
  input(name: string, dtype: GraphDType, shape: readonly Dimension[]): Value {
    return declare(this.#declared.inputs, name, createValue("input", [], { name }, { dtype, shape }));
  }

  /**
   * Declares the weight of a linear layer, a convolution or an embedding.
   *
   * @param shape - As stored in the checkpoint.
   * @param dtype - The format to compute in; the model's by default.
   */
  matrix(name: string, shape: readonly number[], dtype: ValueDType = "compute"): Value {
    return this.#parameter(name, "matrix", shape, dtype);
  }

  /** Declares a bias, or the weight of a norm; see {@link Scope.matrix}. */
  vector(name: string, shape: readonly number[], dtype: ValueDType = "compute"): Value {
    return this.#parameter(name, "vector", shape, dtype);
  }

  #parameter(name: string, kind: "matrix" | "vector", shape: readonly number[], dtype: ValueDType): Value {
    const fullName = this.#nameOf(name);
    const value = createValue("parameter", [], { name: fullName, kind }, { dtype, shape });
    return declare(this.#declared.parameters, fullName, value);
  }

  #nameOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

/**
 * Defines a graph: `define` declares inputs and weights through the given scope, and returns the outputs by name.
 *
 * @throws GraphError if shapes or types do not fit; it names the part of the model.
 *
 * @example
 * const graph = defineGraph((scope) => {
 *   const x = cast(scope.input("x", "float32", ["batch", 3]), "compute");
 *   return { y: cast(linear(x, scope.matrix("weight", [4, 3]), scope.vector("bias", [4])), "float32") };
 * });
 */
export function defineGraph(define: (scope: Scope) => Readonly<Record<string, Value>>): Graph {
  const declared: Declared = { inputs: new Map(), parameters: new Map() };
  const outputs = define(new Scope(declared, ""));
  return createGraph({
    inputs: [...declared.inputs.values()],
    outputs,
    parameters: [...declared.parameters.values()],
  });
}

function declare(known: Map<string, Value>, name: string, value: Value): Value {
  if (known.has(name)) {
    throw new GraphError({
      subject: name,
      found: "a second value of that name",
      expected: "each name once",
      remedy: "Use the value that exists.",
    });
  }
  known.set(name, value);
  return value;
}
