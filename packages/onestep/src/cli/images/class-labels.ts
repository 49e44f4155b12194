import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "@onestep/core";
import { ClassNames, type Id2Label, parseId2Label } from "@onestep/pipelines";
import { UsageError } from "../arguments/parse-arguments.ts";

/** Maximum number of random classes listed in a note. */
const listedClasses = 12;

/**
 * Reads class names from a file: JSON of names by number (`imagenet-1k-id2label.json`, `imagenet_class_index.json`) or
 * a list of names, or text with one name per line (`imagenet_classes.txt`).
 *
 * @throws UsageError if it cannot be read, or has another format.
 */
export async function readId2LabelFile(path: string): Promise<Id2Label> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(`--id2label: cannot read ${JSON.stringify(path)}: ${(cause as Error).message}`);
  }
  try {
    return parseId2Label(toNamesById(text), "--id2label");
  } catch (cause) {
    if (!InvalidArgumentError.isInstance(cause)) throw cause;
    throw new UsageError(
      `--id2label: found ${cause.problem?.found} in ${JSON.stringify(path)}, expected JSON of names by number, or a name in each line.`,
    );
  }
}

/**
 * Resolves classes to numbers. Names are matched as they are written, or else in any case.
 *
 * @throws UsageError if a name is unknown to the checkpoint, or ambiguous.
 */
export function toClassIds(
  labels: readonly (number | string)[] | undefined,
  id2label: Id2Label | undefined,
): readonly number[] | undefined {
  const classNames = new ClassNames(id2label);
  return labels?.map((label) => {
    const exact = classNames.candidates(String(label));
    const candidates = exact.length > 0 || typeof label === "number" ? exact : idsInAnyCase(label, id2label);
    if (candidates.length > 1) throw ambiguousName(label, candidates, id2label);
    if (typeof label === "number") return label;
    const [id] = candidates;
    if (id === undefined) throw unknownName(label, classNames);
    return id;
  });
}

function idsInAnyCase(name: string, id2label: Id2Label | undefined): readonly number[] {
  const ids = Object.keys(id2label ?? {}).map(Number);
  return ids.filter((id) => namesOf(id, id2label).some((one) => one.toLowerCase() === name.toLowerCase()));
}

/** All names of a class. */
function namesOf(id: number, id2label: Id2Label | undefined): readonly string[] {
  const label = id2label?.[id] ?? [];
  return (typeof label === "string" ? label.split(",") : label).map((name) => name.trim());
}

function ambiguousName(
  label: number | string,
  candidates: readonly number[],
  id2label: Id2Label | undefined,
): UsageError {
  const listed = candidates.map((id) => `${id} is ${namesOf(id, id2label).join(", ") || "not named"}`);
  return new UsageError(
    `--class-label: found ${JSON.stringify(String(label))}, which can mean the classes ${candidates.join(" and ")} (${listed.join("; ")}): give another name of the class that you mean${typeof label === "string" ? ", or its number" : ""}.`,
  );
}

/** Up to three classes by name and number: `fox (8)`, `fox (8), pizza (21), fox (8) and 5 more`. */
export function nameClasses(ids: readonly number[], id2label: Id2Label | undefined, most = 3): string {
  const classNames = new ClassNames(id2label);
  const words = ids.slice(0, most).map((id) => {
    const name = classNames.nameOf(id);
    return name === undefined ? `class ${id}` : `${name} (${id})`;
  });
  const more = ids.length > most ? ` and ${ids.length - most} more` : "";
  return `${words.join(", ")}${more}`;
}

/** A note about randomly chosen classes: `Class fox (8), drawn at random: choose with --class-label`. */
export function describeDrawnClasses(ids: readonly number[], id2label: Id2Label | undefined): string {
  const classNames = new ClassNames(id2label);
  const words = ids.slice(0, listedClasses).map((id) => {
    const name = classNames.nameOf(id);
    return name === undefined ? String(id) : `${name} (${id})`;
  });
  const more = ids.length > listedClasses ? ` and ${ids.length - listedClasses} more` : "";
  const subject = ids.length === 1 ? "Class" : "Classes";
  return `${subject} ${words.join(", ")}${more}, drawn at random: choose with --class-label`;
}

function toNamesById(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return Object.fromEntries(text.trim().split(/\r?\n/).entries());
  try {
    const document: unknown = JSON.parse(text);
    return Array.isArray(document) ? Object.fromEntries(document.entries()) : document;
  } catch {
    return text;
  }
}

function unknownName(name: string, classNames: ClassNames): UsageError {
  const found = `--class-label: found ${JSON.stringify(name)}`;
  if (classNames.names.length === 0) {
    return new UsageError(
      `${found}, and the model does not name its classes: give numbers, or their names in a file with --id2label.`,
    );
  }
  const meant = classNames.suggest(name);
  const hint = meant.length === 0 ? "" : ` Did you mean ${meant.join(" or ")}?`;
  return new UsageError(
    `${found}, expected the number or the name of a class.${hint} \`onestep inspect\` lists all names.`,
  );
}
