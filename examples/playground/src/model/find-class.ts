import type { ClassNames } from "@onestep/pipelines";
import { parseWhole } from "../settings/settings-link.ts";

/**
 * The class that the user means by a name, a number, or a number and its name. Case is ignored.
 *
 * @param count - The number of classes; `undefined` if unknown.
 * @returns `undefined` if nothing matches the text.
 */
export function findClass(text: string, names: ClassNames, count: number | undefined): number | undefined {
  const wanted = text.trim();
  if (Object.hasOwn(names.labels, wanted)) return names.labels[wanted];
  const [, digits = "", after = ""] = /^(\d+)\s*(.*)$/.exec(wanted) ?? [];
  const id = parseWhole(digits, 0, (count ?? 65_536) - 1);
  if (id !== undefined && (after === "" || after === names.nameOf(id))) return id;
  const name = Object.keys(names.labels).find((one) => one.toLowerCase() === wanted.toLowerCase());
  return name === undefined ? undefined : names.labels[name];
}

/** How to write a class in a text field: its name if that is unambiguous, otherwise its number first. */
export function formatClass(id: number, names: ClassNames): string {
  const name = names.nameOf(id);
  if (name === undefined) return String(id);
  return names.labels[name] === id ? name : `${id} ${name}`;
}
