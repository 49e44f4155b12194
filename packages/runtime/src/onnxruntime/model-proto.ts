import { type GraphDType, numberFormats } from "@onestep/graph";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** An attribute of an operator. Integers and floats use different fields. */
export interface OnnxAttributes {
  readonly integers?: Readonly<Record<string, number | readonly number[]>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly strings?: Readonly<Record<string, string>>;
}

/** One operator of a ModelProto. */
export interface OnnxNode {
  readonly operator: string;
  /** `""` for ONNX's own operators, `"com.microsoft"` for onnxruntime's. */
  readonly domain: string;
  /** Names of values; `""` for an input that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** A constant array: its bytes in the model itself, or a part of another file. */
export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: GraphDType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | { readonly location: string; readonly offset: number; readonly length: number };
}

/** An input or output: its name, format and shape, in which names are dimensions decided at run time. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: GraphDType;
  readonly shape: readonly (number | string)[];
}

/** The content of a ModelProto. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** ONNX IR version 10 and operator set 21: onnxruntime 1.20 and later read both. */
const irVersion = 10;
const operatorSetVersion = 21;
const attributeTypes = { float: 1, integer: 2, string: 3, integers: 7 };
const externalDataLocation = 1;

/** Writes an ONNX ModelProto. Field numbers are those of onnx.proto. */
export function writeModelProto(content: OnnxModel): Uint8Array {
  const graph = new ProtobufWriter();
  for (const node of content.nodes) graph.bytes(1, writeNode(node));
  graph.bytes(2, "onestep");
  for (const initializer of content.initializers) graph.bytes(5, writeInitializer(initializer));
  for (const input of content.inputs) graph.bytes(11, writeValueInfo(input));
  for (const output of content.outputs) graph.bytes(12, writeValueInfo(output));
  const model = new ProtobufWriter().integer(1, irVersion).bytes(2, "onestep").bytes(7, graph);
  model.bytes(8, new ProtobufWriter().bytes(1, "").integer(2, operatorSetVersion));
  if (content.nodes.some((node) => node.domain === "com.microsoft")) {
    model.bytes(8, new ProtobufWriter().bytes(1, "com.microsoft").integer(2, 1));
  }
  return model.finish();
}

function writeNode(node: OnnxNode): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of node.inputs) writer.bytes(1, input);
  for (const output of node.outputs) writer.bytes(2, output);
  writer.bytes(3, node.outputs[0] ?? "").bytes(4, node.operator);
  const { integers = {}, floats = {}, strings = {} } = node.attributes;
  for (const [name, value] of Object.entries(integers)) writer.bytes(5, writeIntegerAttribute(name, value));
  for (const [name, value] of Object.entries(floats)) {
    writer.bytes(5, new ProtobufWriter().bytes(1, name).float(2, value).integer(20, attributeTypes.float));
  }
  for (const [name, value] of Object.entries(strings)) {
    writer.bytes(5, new ProtobufWriter().bytes(1, name).bytes(4, value).integer(20, attributeTypes.string));
  }
  if (node.domain !== "") writer.bytes(7, node.domain);
  return writer;
}

function writeIntegerAttribute(name: string, value: number | readonly number[]): ProtobufWriter {
  const writer = new ProtobufWriter().bytes(1, name);
  if (typeof value === "number") return writer.integer(3, value).integer(20, attributeTypes.integer);
  for (const item of value) writer.integer(8, item);
  return writer.integer(20, attributeTypes.integers);
}

function writeInitializer({ name, dtype, shape, data }: OnnxInitializer): ProtobufWriter {
  const writer = new ProtobufWriter()
    .packedIntegers(1, shape)
    .integer(2, numberFormats[dtype].onnx)
    .bytes(8, name);
  if (data instanceof Uint8Array) return writer.bytes(9, data);
  const entries = { location: data.location, offset: `${data.offset}`, length: `${data.length}` };
  for (const [key, value] of Object.entries(entries)) {
    writer.bytes(13, new ProtobufWriter().bytes(1, key).bytes(2, value));
  }
  return writer.integer(14, externalDataLocation);
}

function writeValueInfo(value: OnnxValue): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dimension of value.shape) {
    const field = new ProtobufWriter();
    if (typeof dimension === "number") field.integer(1, dimension);
    else field.bytes(2, dimension);
    shape.bytes(1, field);
  }
  const tensorType = new ProtobufWriter().integer(1, numberFormats[value.dtype].onnx).bytes(2, shape);
  return new ProtobufWriter().bytes(1, value.name).bytes(2, new ProtobufWriter().bytes(1, tensorType));
}
