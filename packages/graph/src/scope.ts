import type { GraphDType } from "./dtype.ts";
import { GraphError } from "./errors.ts";
import { createGraph, createValue, type Graph, type Value, type ValueDType } from "./graph.ts";
import type { Dimension } from "./shape.ts";

/** What all scopes of one graph share. */
interface Declared {
  readonly inputs: Map<string, Value>;
  readonly parameters: Map<string, Value>;
}

/**
 * Where a layer is in a model, and its door to inputs and weights: names are those below one prefix
 * (`down_blocks.0.resnets.1`), as PyTorch's modules name theirs.
 *
 * @example
 * const graph = defineGraph((scope) => {
 *   const x = scope.input("x", "float32", ["batch", 3]);
 *   return { y: linear(x, scope.matrix("proj.weight", [4, 3]), scope.vector("proj.bias", [4])) };
 * });
 */
export class Scope {
  /** The path of the part, without a dot at its end; `""` at the root. */
  readonly path: string;
  readonly #declared: Declared;

  /** @internal Scopes are made by {@link defineGraph} and by other scopes. */
  constructor(declared: Declared, path: string) {
    this.#declared = declared;
    this.path = path;
  }

  /** The scope of a part: `scope.child("resnets.0")`. */
  child(name: string): Scope {
    return new Scope(this.#declared, this.#nameOf(name));
  }

  /** Defines a part in its own scope. A {@link GraphError} from there names the innermost part that it comes from. */
  within<Result>(name: string, define: (scope: Scope) => Result): Result {
    const scope = this.child(name);
    try {
      return define(scope);
    } catch (error) {
      if (!GraphError.isInstance(error) || error.scope !== "" || error.problem === undefined) throw error;
      throw new GraphError(error.problem, { scope: scope.path, cause: error });
    }
  }

  /** Declares an input of the graph. Its name is its own, whatever the scope. */
  input(name: string, dtype: GraphDType, shape: readonly Dimension[]): Value {
    return declare(this.#declared.inputs, name, createValue("input", [], { name }, { dtype, shape }));
  }

  /**
   * A weight that layers multiply with: of a linear layer, a convolution, an embedding.
   *
   * @param shape - As the checkpoint stores it.
   * @param dtype - The format to compute in; that of the model by default.
   */
  matrix(name: string, shape: readonly number[], dtype: ValueDType = "compute"): Value {
    return this.#parameter(name, "matrix", shape, dtype);
  }

  /** A bias, or the weight of a norm; see {@link Scope.matrix}. */
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
 * Defines a graph: `define` declares inputs and weights through the scope that it is given, and returns the outputs by name.
 *
 * @throws GraphError where shapes or types do not fit; it names the part of the model.
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
