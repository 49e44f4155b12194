import { type ExternalWeight, encodeGraph } from "./encode-graph.ts";

/** `y = x · w + b` with `w = [[0 … 3], [4 … 7], [8 … 11]]` and `b = [0.5, -0.5, 0.25, -0.25]`; x is [batch, 3]. */
export function linearGraph(
  weights: Pick<ExternalWeight, "location" | "offset"> = { location: linearFile, offset: 5 },
  bias: Pick<ExternalWeight, "location" | "offset"> = { location: linearFile, offset: 53 },
): Uint8Array<ArrayBuffer> {
  return encodeGraph({
    inputs: [{ name: "x", shape: ["batch", 3] }],
    outputs: [{ name: "y", shape: ["batch", 4] }],
    nodes: [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["product"] },
      { op: "Add", inputs: ["product", "b"], outputs: ["y"] },
    ],
    weights: [
      { name: "w", shape: [3, 4], ...weights },
      { name: "b", shape: [4], ...bias },
    ],
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
export function powerGraph(factors: number): Uint8Array<ArrayBuffer> {
  const nodes = Array.from({ length: factors - 1 }, (_, index) => ({
    op: "MatMul",
    inputs: [index === 0 ? "x" : `power${index}`, "x"],
    outputs: [index === factors - 2 ? "y" : `power${index + 1}`],
  }));
  return encodeGraph({
    inputs: [{ name: "x", shape: ["n", "n"] }],
    outputs: [{ name: "y", shape: ["n", "n"] }],
    nodes,
  });
}

/** `y = x`, of any element type. */
export function identityGraph(
  dtype: "float32" | "float64" | "int32" | "int64" | "uint8" | "bool",
): Uint8Array {
  return encodeGraph({
    inputs: [{ name: "x", dtype, shape: ["n"] }],
    outputs: [{ name: "y", dtype, shape: ["n"] }],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
}
