import type { CheckpointTensor } from "./checkpoint.ts";

/** What older versions of diffusers called the layers of an attention block, by their present names. */
const legacyNames: Readonly<Record<string, string>> = {
  to_q: "query",
  to_k: "key",
  to_v: "value",
  "to_out.0": "proj_attn",
};

const attentionWeight = /^(.*)\.(to_q|to_k|to_v|to_out\.0)\.(weight|bias)$/;

/**
 * Gives the weights of attention blocks the names that they have today (diffusers `modeling_utils.py`,
 * `_fix_state_dict_keys_on_load`): where `mid_block.attentions.0.to_q.weight` is asked for and missing,
 * `mid_block.attentions.0.query.weight` is taken in its place.
 *
 * @param expected - The names that the model asks for.
 */
export function renameLegacyAttention(
  expected: Iterable<string>,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): ReadonlyMap<string, CheckpointTensor> {
  const presentNames = new Map<string, string>();
  for (const name of expected) {
    const [, block, layer, kind] = attentionWeight.exec(name) ?? [];
    if (layer === undefined || tensors.has(name)) continue;
    presentNames.set(`${block}.${legacyNames[layer]}.${kind}`, name);
  }
  return new Map([...tensors].map(([name, tensor]) => [presentNames.get(name) ?? name, tensor]));
}
