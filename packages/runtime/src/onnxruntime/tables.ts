import type { Node, Value } from "@onestep/graph";
import type { Device } from "../backend.ts";
import { dtypeOf, type Lowering, type LoweringTable } from "./lowering.ts";
import { defaultOperators, lowerMultiHeadAttention } from "./operators.ts";

/**
 * onnxruntime's own operator. Its CPU kernel never materialises all scores (flash attention), 537 MB for 4,096 tokens
 * and 8 heads. It computes in float32 and does not support masks.
 */
function lowerFlashAttention(lowering: Lowering, node: Node<"multiHeadAttention">): string {
  const { heads, scale, isCausal } = node.attributes;
  const values = node.inputs as readonly Value[];
  if (isCausal || values.some((value) => dtypeOf(value) !== "float32")) {
    return lowerMultiHeadAttention(lowering, node);
  }
  return lowering.emit(
    "MultiHeadAttention",
    values.map((value) => lowering.name(value)),
    { attributes: { integers: { num_heads: heads }, floats: { scale } }, domain: "com.microsoft" },
  );
}

/** The lowering rules for every kind of device. */
export const loweringTables: Readonly<Record<Device, LoweringTable>> = {
  cpu: { ...defaultOperators, multiHeadAttention: lowerFlashAttention },
  wasm: defaultOperators,
  webgpu: defaultOperators,
};
