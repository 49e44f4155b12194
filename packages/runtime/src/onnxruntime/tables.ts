import type { Node, Value } from "@onestep/graph";
import type { Device } from "../backend.ts";
import { dtypeOf, type Lowering, type LoweringTable } from "./lowering.ts";
import { defaultOperators, lowerMultiHeadAttention } from "./operators.ts";

/**
 * onnxruntime's own operator, whose kernel for the processor never holds all scores (flash attention): of 4,096 tokens and 8
 * heads, those would be 537 MB. It computes in float32, and knows no mask.
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

/** What each operator becomes, for every kind of device that a graph is lowered for. */
export const loweringTables: Readonly<Record<Device, LoweringTable>> = {
  cpu: { ...defaultOperators, multiHeadAttention: lowerFlashAttention },
  wasm: defaultOperators,
  webgpu: defaultOperators,
};
