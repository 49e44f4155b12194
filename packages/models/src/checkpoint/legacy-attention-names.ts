import { warn } from "@onestep/core";

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
 * `_fix_state_dict_keys_on_load`): `mid_block.attentions.0.query.weight` becomes `mid_block.attentions.0.to_q.weight`.
 * Where both are there, the older name counts, as in diffusers, with a warning.
 *
 * @param subject - The weights, for the warning.
 * @param expected - The names that the model asks for.
 * @param storedNames - Names as stored, by those without wrappers.
 */
export function renameLegacyAttention(
  subject: string,
  expected: Iterable<string>,
  storedNames: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const renamed = new Map(storedNames);
  const replaced: string[] = [];
  for (const name of expected) {
    const [, block, layer, kind] = attentionWeight.exec(name) ?? [];
    if (layer === undefined) continue;
    const oldName = `${block}.${legacyNames[layer]}.${kind}`;
    const storedName = storedNames.get(oldName);
    if (storedName === undefined) continue;
    if (storedNames.has(name)) replaced.push(`${oldName} in place of ${name}`);
    renamed.delete(oldName);
    renamed.set(name, storedName);
  }
  if (replaced.length > 0) {
    warn(
      `${subject}: arrays are there under two names. As in diffusers, the older one counts: ${replaced.slice(0, 3).join(", ")}${replaced.length > 3 ? ` and ${replaced.length - 3} more` : ""}.`,
    );
  }
  return renamed;
}
