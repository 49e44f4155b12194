import { type Graph, isNode, type Node, numberFormats, type Value } from "@onestep/graph";
import type { Device } from "../backend.ts";
import { type AttentionNode, lowerMultiHeadAttention, scoresAtOnce } from "./attention.ts";
import { dtypeOf, type Lowering, type LoweringTable } from "./lowering.ts";
import { defaultOperators } from "./operators.ts";

/**
 * onnxruntime's own operator. Its CPU kernel never materialises all scores (flash attention), 537 MB for 4,096 tokens
 * and 8 heads. It computes in float32 and does not support masks.
 */
function lowerFlashAttention(lowering: Lowering, node: Node<"multiHeadAttention">): string {
  const { heads, scale } = node.attributes;
  const values = node.inputs as readonly Value[];
  if (!isForFlashAttention(node)) return lowerMultiHeadAttention(lowering, node);
  return lowering.emit(
    "MultiHeadAttention",
    values.map((value) => lowering.name(value)),
    { attributes: { integers: { num_heads: heads }, floats: { scale } }, domain: "com.microsoft" },
  );
}

function isForFlashAttention({ attributes, inputs }: Node<"multiHeadAttention">): boolean {
  return !attributes.isCausal && (inputs as readonly Value[]).every((value) => dtypeOf(value) === "float32");
}

/** The lowering rules for every kind of device. */
export const loweringTables: Readonly<Record<Device, LoweringTable>> = {
  cpu: { ...defaultOperators, multiHeadAttention: lowerFlashAttention },
  wasm: defaultOperators,
  webgpu: defaultOperators,
};

/**
 * The size in bytes of the largest array that a graph computes for one image on a device, scores of attention included.
 * A backend may need more within an operator.
 *
 * @param graph - Specialised; `batch` may be a symbol, and other symbols count as 1.
 */
export function largestArrayBytes(graph: Graph, device: Device): number {
  const sizes = graph.nodes.flatMap((node) => {
    if (isNode(node, "parameter")) return [];
    const outputs = node.outputs.map(
      (value) =>
        value.shape.reduce<number>((size, length) => (typeof length === "number" ? size * length : size), 1) *
        numberFormats[dtypeOf(value)].bytes,
    );
    return [...outputs, isAttention(node) && hasScores(node, device) ? scoresAtOnce(node) : 0];
  });
  return Math.max(0, ...sizes);
}

function isAttention(node: Node): node is AttentionNode {
  return node.operator === "scaledDotProductAttention" || node.operator === "multiHeadAttention";
}

function hasScores(node: AttentionNode, device: Device): boolean {
  return device !== "cpu" || node.operator !== "multiHeadAttention" || !isForFlashAttention(node);
}
