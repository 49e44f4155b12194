/** Element types by their ONNX number. */
const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/** An input or output of a graph. A dimension with a name may have any length. */
export interface GraphValue {
  readonly name: string;
  readonly dtype?: keyof typeof elementTypes;
  readonly shape: readonly (number | string)[];
}

/** A float32 weight whose bytes lie in another file. */
export interface ExternalWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly location: string;
  readonly offset: number;
}

/** A graph of operators of the ONNX domain, opset 21. */
export interface Graph {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly {
    readonly op: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    /** Integer attributes. */
    readonly attributes?: Readonly<Record<string, number>>;
  }[];
  readonly weights?: readonly ExternalWeight[];
}

/** Writes a graph as a ModelProto: just enough of onnx.proto for these tests. */
export function encodeGraph(graph: Graph): Uint8Array<ArrayBuffer> {
  const nodes = graph.nodes.flatMap(({ op, inputs, outputs, attributes = {} }) =>
    message(1, [
      ...inputs.flatMap((name) => text(1, name)),
      ...outputs.flatMap((name) => text(2, name)),
      ...text(4, op),
      ...Object.entries(attributes).flatMap(([name, value]) =>
        message(5, [...text(1, name), ...integer(3, value), ...varint(20 << 3), 2]),
      ),
    ]),
  );
  const weights = (graph.weights ?? []).flatMap(({ name, shape, location, offset }) => {
    const length = 4 * shape.reduce((product, dimension) => product * dimension, 1);
    return message(5, [
      ...shape.flatMap((dimension) => integer(1, dimension)),
      ...integer(2, elementTypes.float32),
      ...text(8, name),
      ...entry("location", location),
      ...entry("offset", String(offset)),
      ...entry("length", String(length)),
      ...integer(14, 1),
    ]);
  });
  const body = [
    ...nodes,
    ...text(2, "test"),
    ...weights,
    ...graph.inputs.flatMap((value) => message(11, describe(value))),
    ...graph.outputs.flatMap((value) => message(12, describe(value))),
  ];
  return Uint8Array.from([...integer(1, 10), ...message(7, body), ...message(8, integer(2, 21))]);
}

function describe({ name, dtype = "float32", shape }: GraphValue): number[] {
  const dimensions = shape.flatMap((length) =>
    message(1, typeof length === "number" ? integer(1, length) : text(2, length)),
  );
  const tensor = [...integer(1, elementTypes[dtype]), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

function entry(key: string, value: string): number[] {
  return message(13, [...text(1, key), ...text(2, value)]);
}

function integer(field: number, value: number): number[] {
  return [field << 3, ...varint(value)];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [(field << 3) | 2, ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
