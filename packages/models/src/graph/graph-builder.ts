import type { GraphElementType } from "./element-type.ts";
import { GraphError } from "./graph-error.ts";
import { type Dimension, describeShape, type GraphValue } from "./graph-value.ts";
import {
  byteLength,
  type GraphNode,
  type Initializer,
  type NodeAttributes,
  serializeModel,
} from "./serialize-model.ts";
import type { WeightReference } from "./weight-reference.ts";

/** What {@link GraphBuilder.node} makes. */
export interface NodeOutput {
  readonly elementType: GraphElementType;
  readonly shape: readonly Dimension[];
}

/**
 * Puts an ONNX graph together. Operators are functions over a builder (`graph/operators`), which check shapes;
 * weights are named by where they lie in a file and never read.
 */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #inputs: GraphValue[] = [];
  readonly #outputs: GraphValue[] = [];
  readonly #constants = new Map<string, GraphValue>();
  readonly #names = new Set<string>();
  #counter = 0;

  /** Declares an input of the graph. */
  input(name: string, elementType: GraphElementType, shape: readonly Dimension[]): GraphValue {
    const value = { name: this.#claim(name), elementType, shape };
    this.#inputs.push(value);
    return value;
  }

  /** Declares an output of the graph. */
  output(name: string, value: GraphValue): void {
    this.node("Identity", [value], {}, value, { name });
    this.#outputs.push({ name, elementType: value.elementType, shape: value.shape });
  }

  /**
   * An array of a file as a constant of the graph, by reference.
   *
   * @param shape - The shape to see it in, where it differs from the stored one (same number of elements).
   * @throws GraphError where the byte length does not fit shape and type.
   */
  weight(name: string, reference: WeightReference, shape: readonly number[] = reference.shape): GraphValue {
    const expected = byteLength(reference.elementType, shape);
    if (expected !== reference.length) {
      throw new GraphError({
        subject: name,
        found: `${reference.length} bytes`,
        expected: `${expected} for ${reference.elementType} ${describeShape(shape)}`,
        remedy: "The reference must name exactly the bytes of the array.",
      });
    }
    this.#initializers.push({ name: this.#claim(name), shape, reference });
    return { name, elementType: reference.elementType, shape };
  }

  /** A small list of integers, held in the graph itself. Equal lists are held once. */
  integers(values: readonly number[]): GraphValue {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(`integers_${values.join("_")}`, "int64", [values.length], bytes);
  }

  /** A small array of floats, held in the graph itself. A shape of `[]` makes a scalar. Equal arrays are held once. */
  floats(values: readonly number[], shape: readonly number[] = [values.length]): GraphValue {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    return this.#constant(`floats_${values.join("_")}_${shape.join("x")}`, "float32", shape, bytes);
  }

  /** Adds an operator with one output. */
  node(
    operator: string,
    inputs: readonly GraphValue[],
    attributes: NodeAttributes,
    output: NodeOutput,
    options: { readonly domain?: string; readonly name?: string } = {},
  ): GraphValue {
    const name = this.#claim(options.name ?? `${operator}_${this.#counter++}`);
    this.#nodes.push({
      operator,
      domain: options.domain ?? "",
      inputs: inputs.map((input) => input.name),
      outputs: [name],
      attributes,
    });
    return { name, elementType: output.elementType, shape: output.shape };
  }

  /** The graph as a serialised ONNX ModelProto. */
  build(): Uint8Array {
    return serializeModel({
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }

  #constant(
    name: string,
    elementType: "int64" | "float32",
    shape: readonly number[],
    bytes: Uint8Array,
  ): GraphValue {
    const known = this.#constants.get(name);
    if (known !== undefined) return known;
    const value = { name: this.#claim(name), elementType, shape };
    this.#initializers.push({ name, elementType, shape, bytes });
    this.#constants.set(name, value);
    return value;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) {
      throw new GraphError({
        subject: name,
        found: "a second value of that name",
        expected: "each name once",
        remedy: "Use the value that exists.",
      });
    }
    this.#names.add(name);
    return name;
  }
}
