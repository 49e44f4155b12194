import { warn } from "@onestep/core/internal";
import { CheckpointError } from "../errors.ts";
import { shortenName } from "./list-names.ts";

/** Name parts that torch adds for wrapped modules: DataParallel, `torch.compile`, FSDP, activation checkpointing. */
const wrappers: ReadonlySet<string> = new Set([
  "module",
  "_orig_mod",
  "_fsdp_wrapped_module",
  "_checkpoint_wrapped_module",
]);

/** `up_blocks.0.attentions.0.to_out.0.weight` has seven. */
const maximumSegments = 16;

/** A checkpoint's names, by the model's names. */
export interface UnwrappedNames {
  /** Stored names, by name without wrappers and prefix. */
  readonly storedNames: ReadonlyMap<string, string>;
  /** The removed prefix, as in the first name; `""` for none. */
  readonly prefix: string;
}

/**
 * Removes wrappers from names: DistributedDataParallel's `module.` and `torch.compile`'s `_orig_mod.`, at any position, and
 * one prefix common to all of the model's arrays (`unet.`, `model.`). An unwrapped name takes precedence over its wrapped
 * form.
 *
 * @param known - Some or all of the model's array names.
 * @throws CheckpointError if two prefixes fit equally well (`unet.` and `unet_ema.`).
 */
export function unwrapNames(
  subject: string,
  stored: Iterable<string>,
  known: ReadonlySet<string>,
): UnwrappedNames {
  const plainNames = new Map<string, string>();
  for (const name of stored) {
    const plain = known.has(name) ? name : removeWrappers(name);
    if (!plainNames.has(plain) || plain === name) plainNames.set(plain, name);
  }
  const prefix = findPrefix(subject, plainNames.keys(), known);
  const storedNames = new Map(
    [...plainNames].map(([plain, name]) => [
      plain.startsWith(prefix) ? plain.slice(prefix.length) : plain,
      name,
    ]),
  );
  const [plainFirst, storedFirst] = [...storedNames].find(([plain]) => known.has(plain)) ?? ["", ""];
  return { storedNames, prefix: storedFirst.slice(0, Math.max(0, storedFirst.indexOf(plainFirst))) };
}

/** Reports the removed prefix. */
export function warnOfPrefix(subject: string, prefix: string): void {
  if (prefix === "") return;
  warn(
    `${subject}: the names of the arrays begin with ${shortenName(prefix)}, as ${describeOrigin(prefix)}. It was taken off.`,
    "checkpoint",
  );
}

function describeOrigin(prefix: string): string {
  if (prefix.includes("_orig_mod.")) return "a model that is saved inside of torch.compile has them";
  if (prefix.startsWith("module.")) return "a model that is saved inside of DistributedDataParallel has them";
  return "a part of a larger model has them";
}

function removeWrappers(name: string): string {
  const segments = name.split(".");
  return segments.some((segment) => wrappers.has(segment))
    ? segments.filter((segment) => !wrappers.has(segment)).join(".")
    : name;
}

function findPrefix(subject: string, names: Iterable<string>, known: ReadonlySet<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    for (const start of lastSegments(name)) {
      if (!known.has(name.slice(start))) continue;
      const prefix = name.slice(0, start);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  const best = [...counts].filter(([, count]) => count === most).map(([prefix]) => prefix);
  if (best.length <= 1 || best.includes("")) return best.includes("") ? "" : (best[0] ?? "");
  const shown = best.slice(0, 4).map((prefix) => shortenName(prefix));
  throw new CheckpointError({
    subject,
    found: `the arrays of several models, under names that begin with ${shown.join(" and ")}`,
    expected: "those of one",
    remedy: `Save the arrays of one by themselves: in Python, {k.removeprefix('…'): v for k, v in state_dict.items() if k.startswith('…')}.`,
  });
}

/** Start positions of a name's last segments, up to the number in a model's longest name. */
function lastSegments(name: string): number[] {
  const starts: number[] = [];
  let dot = name.length;
  while (dot > 0 && starts.length < maximumSegments) {
    dot = name.lastIndexOf(".", dot - 1);
    starts.push(dot + 1);
  }
  return starts;
}
