import { elementCount } from "@onestep/core/internal";
import type { GraphDType } from "@onestep/graph";
import { type OnnxInitializer, type OnnxNode, writeModelProto } from "../onnxruntime/model-proto.ts";

type Place = Pick<Exclude<OnnxInitializer["data"], Uint8Array>, "location" | "offset">;

/** `y = x · w + b` with `w = [[0 … 3], [4 … 7], [8 … 11]]` and `b = [0.5, -0.5, 0.25, -0.25]`; x is [batch, 3]. */
export function linearGraph(
  weights: Place = { location: linearFile, offset: 5 },
  bias: Place = { location: linearFile, offset: 53 },
): Uint8Array {
  const stored = (name: string, shape: readonly number[], place: Place): OnnxInitializer => ({
    name,
    dtype: "float32",
    shape,
    data: { ...place, length: 4 * elementCount(shape) },
  });
  return writeModelProto({
    inputs: [{ name: "x", dtype: "float32", shape: ["batch", 3] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["batch", 4] }],
    nodes: [node("MatMul", ["x", "w"], "product"), node("Add", ["product", "b"], "y")],
    initializers: [stored("w", [3, 4], weights), stored("b", [4], bias)],
  });
}

/** The name of the file that {@link linearGraph} reads by default. */
export const linearFile = "weights.bin";

/** The bytes of {@link linearFile}: five bytes of something else, so that nothing is aligned, then `w`, then `b`. */
export function linearWeights(): Uint8Array<ArrayBuffer> {
  const values = Float32Array.from([...Array(12).keys(), 0.5, -0.5, 0.25, -0.25]);
  const bytes = new Uint8Array(5 + values.byteLength);
  bytes.set(new Uint8Array(values.buffer), 5);
  return bytes;
}

/** `y = x · x · … · x`, `factors` of them; x is [n, n]. Takes time in proportion to n³ × factors, and no weights. */
export function powerGraph(factors: number): Uint8Array {
  const nodes = Array.from({ length: factors - 1 }, (_, index) =>
    node(
      "MatMul",
      [index === 0 ? "x" : `power${index}`, "x"],
      index === factors - 2 ? "y" : `power${index + 1}`,
    ),
  );
  return writeModelProto({
    inputs: [{ name: "x", dtype: "float32", shape: ["n", "n"] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["n", "n"] }],
    nodes,
    initializers: [],
  });
}

/** `y = x`, of any number format. */
export function identityGraph(dtype: GraphDType): Uint8Array {
  return writeModelProto({
    inputs: [{ name: "x", dtype, shape: ["n"] }],
    outputs: [{ name: "y", dtype, shape: ["n"] }],
    nodes: [node("Identity", ["x"], "y")],
    initializers: [],
  });
}

function node(operator: string, inputs: readonly string[], output: string): OnnxNode {
  return { operator, domain: "", inputs, outputs: [output], attributes: {} };
}
