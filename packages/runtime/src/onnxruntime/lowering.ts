import {
  type Dimension,
  factorsOf,
  type Graph,
  type GraphDType,
  GraphError,
  isNode,
  type Node,
  nameOf,
  numberFormats,
  type OperatorName,
  type Value,
} from "@onestep/graph";
import { type LocatedWeight, lowerWeight } from "./lower-weight.ts";
import type { OnnxAttributes, OnnxInitializer, OnnxModel, OnnxNode } from "./model-proto.ts";

/** A lowering rule: emits ONNX operators and returns the names of their outputs. */
export type LoweringRule<Name extends OperatorName> = (
  lowering: Lowering,
  node: Node<Name>,
) => string | readonly string[];

/** Operators with a lowering rule. Inputs and parameters become inputs and initializers on every device. */
export type LoweredOperator = Exclude<OperatorName, "input" | "parameter" | "constant">;

/** The lowering rules of one device. */
export type LoweringTable = { readonly [Name in LoweredOperator]: LoweringRule<Name> };

/** Options of {@link Lowering.emit}. */
export interface EmitOptions {
  readonly attributes?: OnnxAttributes;
  /** `"com.microsoft"` for onnxruntime's own operators; ONNX's by default. */
  readonly domain?: string;
}

/**
 * Lowers a graph to the content of a ModelProto. Rules call {@link Lowering.emit} and similar methods; values are
 * names, and those created by rules begin with `/`, unlike names of weights.
 *
 * @param graph - Specialised: no value has the format `"compute"`.
 * @param weights - The location of each parameter.
 */
export function lowerGraph(
  graph: Graph,
  weights: ReadonlyMap<string, LocatedWeight>,
  table: LoweringTable,
): OnnxModel {
  return new Lowering(graph, weights, table).run();
}

/** See {@link lowerGraph}. */
export class Lowering {
  readonly #graph: Graph;
  readonly #weights: ReadonlyMap<string, LocatedWeight>;
  readonly #table: LoweringTable;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();
  readonly #names = new Map<Value, string>();
  readonly #reused = new Map<string, string>();
  #count = 0;

  constructor(graph: Graph, weights: ReadonlyMap<string, LocatedWeight>, table: LoweringTable) {
    this.#graph = graph;
    this.#weights = weights;
    this.#table = table;
  }

  /** Lowers every node in order, and names the outputs. */
  run(): OnnxModel {
    for (const node of this.#graph.nodes) this.#lower(node);
    const outputs = Object.entries(this.#graph.outputs);
    for (const [name, value] of outputs) {
      this.#push("Identity", [this.name(value)], [name], {});
    }
    const describe = (name: string, value: Value): OnnxModel["inputs"][number] => ({
      name,
      dtype: dtypeOf(value),
      shape: value.shape,
    });
    return {
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#graph.inputs.map((value) => describe(nameOf(value), value)),
      outputs: outputs.map(([name, value]) => describe(name, value)),
    };
  }

  /** The name of a lowered value. Weights and constants are lowered on first use. */
  name(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const { node } = value;
    const name = isNode(node, "parameter")
      ? this.#parameter(value, value.shape)
      : isNode(node, "constant")
        ? this.#constant(node.attributes.values, dtypeOf(value), value.shape as readonly number[])
        : nameOf(value);
    this.#names.set(value, name);
    return name;
  }

  /** The name of a reshaped value; a weight is read from its file in the new shape. */
  reshaped(value: Value, shape: readonly Dimension[]): string {
    if (value.shape.join() === shape.join()) return this.name(value);
    const isStatic = shape.every((dimension) => typeof dimension === "number");
    if (isStatic && isNode(value.node, "parameter")) return this.#parameter(value, shape);
    return this.reshape(this.name(value), value.shape, shape);
  }

  /** Reshapes a value of shape `from`. Symbols are kept in place, or inferred if only one differs; otherwise computed. */
  reshape(name: string, from: readonly Dimension[], to: readonly Dimension[]): string {
    const unknown = to.filter((dimension, axis) => typeof dimension === "string" && from[axis] !== dimension);
    if (unknown.length > 1) return this.emit("Reshape", [name, this.shapeOf(to)]);
    const target = to.map((dimension, axis) =>
      typeof dimension === "number" ? dimension : from[axis] === dimension ? 0 : -1,
    );
    return this.emit("Reshape", [name, this.integers(target)]);
  }

  /** A shape as an int64 vector; symbols are computed from the graph's inputs at run time. */
  shapeOf(shape: readonly Dimension[]): string {
    if (shape.every((dimension) => typeof dimension === "number")) return this.integers(shape as number[]);
    const lengths = shape.map((dimension) => this.#length(dimension));
    return this.emit("Concat", lengths, { attributes: { integers: { axis: 0 } } });
  }

  /** Adds an operator with one output. */
  emit(operator: string, inputs: readonly (string | undefined)[], options: EmitOptions = {}): string {
    return this.emitSeveral(operator, inputs, 1, options)[0] as string;
  }

  /** Adds an operator with several outputs. */
  emitSeveral(
    operator: string,
    inputs: readonly (string | undefined)[],
    count: number,
    options: EmitOptions = {},
  ): readonly string[] {
    const outputs = Array.from({ length: count }, () => `/${operator}_${this.#count++}`);
    this.#push(operator, inputs, outputs, options);
    return outputs;
  }

  /** Casts a value of format `from`; adds nothing if the formats are equal. */
  cast(name: string, from: GraphDType, to: GraphDType): string {
    return from === to
      ? name
      : this.emit("Cast", [name], { attributes: { integers: { to: numberFormats[to].onnx } } });
  }

  /** A list of integers, stored in the model itself. Equal lists are stored once. */
  integers(values: readonly number[]): string {
    return this.#constant(values, "int64", [values.length]);
  }

  /** An integer of shape `[]`, stored in the model itself. */
  integerScalar(value: number): string {
    return this.#constant([value], "int64", []);
  }

  /** A float32 array, stored in the model itself. A shape of `[]` makes a scalar. Equal arrays are stored once. */
  floats(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(values, "float32", shape);
  }

  /** Adds an array from the weights files as stored. */
  initializer(initializer: OnnxInitializer): string {
    this.#initializers.set(initializer.name, initializer);
    return initializer.name;
  }

  #lower(node: Node): void {
    if (node.operator === "input" || node.operator === "parameter" || node.operator === "constant") return;
    const rule = this.#table[node.operator] as LoweringRule<OperatorName>;
    const names = rule(this, node);
    const list = typeof names === "string" ? [names] : names;
    for (const [index, output] of node.outputs.entries()) this.#names.set(output, list[index] as string);
  }

  #parameter(value: Value, shape: readonly Dimension[]): string {
    const name = nameOf(value);
    const key = `${name}:${shape.join("x")}`;
    const known = this.#reused.get(key);
    if (known !== undefined) return known;
    const weight = this.#weights.get(name);
    if (weight === undefined) {
      throw new GraphError({
        subject: name,
        found: "no such array among the weights",
        expected: "one for each parameter of the graph",
        remedy: "Pass the weights that the graph lists.",
      });
    }
    const initializerName = this.#initializers.has(name) ? `/${key}` : name;
    const lowered = lowerWeight(this, initializerName, weight, {
      dtype: dtypeOf(value),
      shape: shape as readonly number[],
    });
    this.#reused.set(key, lowered);
    return lowered;
  }

  #constant(values: readonly number[], dtype: GraphDType, shape: readonly number[]): string {
    const key = `/${dtype}:${values.join("_")}:${shape.join("x")}`;
    if (this.#initializers.has(key)) return key;
    const { buffer } = dtype === "int64" ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
    return this.initializer({ name: key, dtype, shape, data: new Uint8Array(buffer) });
  }

  /** A dimension as an int64 vector of one element. */
  #length(dimension: Dimension): string {
    const known = this.#reused.get(`length:${dimension}`);
    if (known !== undefined) return known;
    const { numerator, denominator, powers } = factorsOf(dimension);
    const times = (left: string, right: string): string => this.emit("Mul", [left, right]);
    let name = this.integers([numerator]);
    for (const [symbol, power] of powers) {
      for (let index = 0; index < power; index += 1) name = times(name, this.#symbol(symbol));
    }
    let divisor = this.integers([denominator]);
    for (const [symbol, power] of powers) {
      for (let index = 0; index > power; index -= 1) divisor = times(divisor, this.#symbol(symbol));
    }
    const length = this.emit("Div", [name, divisor]);
    this.#reused.set(`length:${dimension}`, length);
    return length;
  }

  /** The value of a symbol, from a graph input that has it. */
  #symbol(symbol: string): string {
    const input = this.#graph.inputs.find(({ shape }) => shape.includes(symbol));
    if (input === undefined) {
      throw new GraphError({
        subject: symbol,
        found: "no input of that length",
        expected: "a dimension of an input for each symbol",
        remedy: "Specialise the graph to a number, or declare an input that has it.",
      });
    }
    const shape = this.emit("Shape", [this.name(input)]);
    return this.emit("Gather", [shape, this.integers([input.shape.indexOf(symbol)])], {
      attributes: { integers: { axis: 0 } },
    });
  }

  #push(
    operator: string,
    inputs: readonly (string | undefined)[],
    outputs: readonly string[],
    { attributes = {}, domain = "" }: EmitOptions,
  ): void {
    this.#nodes.push({ operator, domain, inputs: inputs.map((name) => name ?? ""), outputs, attributes });
  }
}

/** The format of a value in a specialised graph. */
export function dtypeOf(value: Value): GraphDType {
  if (value.dtype !== "compute") return value.dtype;
  throw new GraphError({
    subject: nameOf(value),
    found: "a value whose format is not decided",
    expected: "a graph that is specialised",
    remedy: "Call `specialise` with the dtype to compute in.",
  });
}
