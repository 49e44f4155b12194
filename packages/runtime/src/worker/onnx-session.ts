import type { DataType, TensorDataByType } from "@onestep/core";
import type { SessionDescription, ValueDescription, WireTensor } from "./worker-calls.ts";

/** A tensor of onnxruntime, as far as a session's caller needs it. */
export interface OnnxTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** What onnxruntime says of an input or output. */
export type OnnxValueMetadata =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };

/** A session of onnxruntime: the part that onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxSession<Value> {
  readonly inputMetadata: readonly OnnxValueMetadata[];
  readonly outputMetadata: readonly OnnxValueMetadata[];
  run(feeds: Readonly<Record<string, Value>>): Promise<Readonly<Record<string, OnnxTensor>>>;
}

/** Makes a tensor of onnxruntime. */
export type MakeOnnxTensor<Value> = (
  dtype: DataType,
  data: TensorDataByType[DataType],
  shape: readonly number[],
) => Value;

/** What a session takes and gives. */
export function describeSession(session: OnnxSession<never>): SessionDescription {
  return {
    inputs: session.inputMetadata.map(describeValue),
    outputs: session.outputMetadata.map(describeValue),
  };
}

/** Runs a session once. */
export async function runSession<Value>(
  session: OnnxSession<Value>,
  makeTensor: MakeOnnxTensor<Value>,
  inputs: Readonly<Record<string, WireTensor>>,
): Promise<Record<string, WireTensor>> {
  const feeds: Record<string, Value> = {};
  for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
    feeds[name] = makeTensor(dtype, data, shape);
  }
  const results = await session.run(feeds);
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => [
      name,
      // The caller has checked that the graph declares no output of another type.
      { dtype: type as DataType, shape: dims, data: data as TensorDataByType[DataType] },
    ]),
  );
}

function describeValue(value: OnnxValueMetadata): ValueDescription {
  return value.isTensor
    ? { name: value.name, dtype: value.type, shape: value.shape }
    : { name: value.name, dtype: "not a tensor", shape: [] };
}
