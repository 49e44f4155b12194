import { warn } from "@onestep/core/internal";

/**
 * Maps former weight names to current ones (diffusers `modeling_utils.py`, `_fix_state_dict_keys_on_load`):
 * `mid_block.attentions.0.query.weight` becomes `mid_block.attentions.0.to_q.weight`. If both exist, the older name
 * wins, as in diffusers, with a warning.
 *
 * @param subject - The weights, for the warning.
 * @param expected - The names the model needs.
 * @param storedNames - Stored names, by unwrapped name.
 * @param formerNames - Former layer names, by current ones.
 */
export function renameFormer(
  subject: string,
  expected: Iterable<string>,
  storedNames: ReadonlyMap<string, string>,
  formerNames: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const renamed = new Map(storedNames);
  const replaced: string[] = [];
  for (const name of expected) {
    const [, block, kind] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
    const layer = Object.keys(formerNames).find((today) => block?.endsWith(`.${today}`));
    if (block === undefined || layer === undefined) continue;
    const oldName = `${block.slice(0, -layer.length)}${formerNames[layer]}.${kind}`;
    const storedName = storedNames.get(oldName);
    if (storedName === undefined) continue;
    if (storedNames.has(name)) replaced.push(`${oldName} in place of ${name}`);
    renamed.delete(oldName);
    renamed.set(name, storedName);
  }
  if (replaced.length > 0) {
    warn(
      `${subject}: arrays are there under two names. As in diffusers, the older one counts: ${replaced.slice(0, 3).join(", ")}${replaced.length > 3 ? ` and ${replaced.length - 3} more` : ""}.`,
      "checkpoint",
    );
  }
  return renamed;
}
