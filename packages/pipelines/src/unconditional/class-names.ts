import {
  type Generator,
  InvalidArgumentError,
  InvalidConfigError,
  type OnestepError,
  type Problem,
} from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { nearestName } from "@onestep/core/internal/nearest-name";

/**
 * Class names by class id, like `id2label` in diffusers' `DiTPipeline` and in transformers: `{ "0": "tench, Tinca
 * tinca", "1": "goldfish" }`. Commas separate synonyms; a list of names also works, as in Keras'
 * `imagenet_class_index.json`.
 */
export type Id2Label = Readonly<Record<string, string | readonly string[]>>;

/** Classes as `generate` takes them: ids, names, or a list of either. */
export type ClassLabelsInput = number | string | ArrayLike<number> | readonly (number | string)[];

/** How many names an error lists. */
const listedNames = 10;

/**
 * Validates class names.
 *
 * @param id2label - Any value, from a file or a caller.
 * @param subject - Its name in errors: `id2label`.
 * @param failure - Creates the error from a description of the problem.
 * @throws The error from `failure`, unless `id2label` maps every id from 0 to the last to at least one name.
 */
export function parseId2Label(
  id2label: unknown,
  subject: string,
  failure: (problem: Problem) => OnestepError = (problem) => new InvalidArgumentError(problem),
): Id2Label {
  const expected = 'an object of names by class id, as { "0": "fox", "1": "pizza" }';
  const remedy = "Give each class from 0 on its name, or pass names of your own as `id2label`.";
  const fail = (found: string): OnestepError => failure({ subject, found, expected, remedy });
  if (typeof id2label !== "object" || id2label === null || Array.isArray(id2label)) {
    throw fail(describeValue(id2label));
  }
  const entries = Object.entries(id2label);
  for (const [id, label] of entries) {
    if (!/^(0|[1-9]\d{0,8})$/.test(id)) throw fail(`the id ${describeValue(id)}`);
    if (!isLabel(label)) throw fail(`${describeValue(label)} as the name of class ${id}`);
  }
  const missing = entries.findIndex((_, id) => !Object.hasOwn(id2label, id));
  if (missing !== -1) throw fail(`no name for class ${missing} among ${entries.length}`);
  return Object.freeze(Object.fromEntries(entries));
}

/** Looks up a model's classes by name. */
export class ClassNames {
  /** The ids by name, sorted by name. Ambiguous names are omitted: those of two classes, and numbers. */
  readonly labels: Readonly<Record<string, number>>;
  readonly #names: readonly (readonly string[])[];
  readonly #ids = new Map<string, Set<number>>();

  /**
   * @param id2label - Omitted for a checkpoint without names.
   * @param numClassEmbeds - The model's number of classes; null for a model without classes. Not checked if omitted.
   * @throws InvalidConfigError if there are more names than classes.
   */
  constructor(id2label?: Id2Label, numClassEmbeds: number | null = Number.POSITIVE_INFINITY) {
    this.#names = Object.values(id2label ?? {}).map(namesOf);
    if (this.#names.length > (numClassEmbeds ?? 0)) {
      throw new InvalidConfigError({
        subject: "id2label",
        found: `names of ${this.#names.length} classes`,
        expected: numClassEmbeds === null ? "none: the model has no classes" : `at most ${numClassEmbeds}`,
        remedy: "Pass the names of this model's classes as `id2label`, or {} for none.",
      });
    }
    for (const [id, names] of this.#names.entries()) {
      for (const name of names) this.#ids.set(name, (this.#ids.get(name) ?? new Set()).add(id));
    }
    const certain = [...this.#ids].flatMap(([name, [id = 0, other]]) =>
      other === undefined && !isOtherNumber(name, id) ? [[name, id] as const] : [],
    );
    this.labels = Object.freeze(
      Object.fromEntries(certain.sort(([left], [right]) => (left < right ? -1 : 1))),
    );
  }

  /** The first name of each class, in the order of their ids. */
  get names(): readonly string[] {
    return this.#names.map(([name = ""]) => name);
  }

  /** The classes a name could mean: those with that name, and the one whose number it reads as. */
  candidates(name: string): readonly number[] {
    const ids = new Set(this.#ids.get(name));
    return /^\d+$/.test(name) && ids.size > 0 ? [...ids.add(Number(name))] : [...ids];
  }

  /** The first name of a class; `undefined` if it has none. */
  nameOf(id: number): string | undefined {
    return this.#names[id]?.[0];
  }

  /**
   * Replaces names in class labels by ids. Other values stay unchanged, to be checked as ids.
   *
   * @throws InvalidArgumentError if a name is unknown, names two classes, or could be the id of another class.
   */
  toIds(classLabels: ClassLabelsInput): number | ArrayLike<number> {
    if (typeof classLabels === "string") return this.idOf("classLabels", classLabels);
    if (typeof classLabels !== "object" || classLabels === null) return classLabels;
    return Array.from<string | number, number>(classLabels, (label) =>
      typeof label === "string" ? this.idOf("classLabels", label) : label,
    );
  }

  /**
   * The id of a class.
   *
   * @param subject - The source of the name, for errors.
   * @throws InvalidArgumentError if the name is unknown, names two classes, or could be the id of another class.
   */
  idOf(subject: string, name: string): number {
    const ids = [...(this.#ids.get(name) ?? [])];
    const [id, ...others] = ids;
    if (id !== undefined && others.length === 0 && !isOtherNumber(name, id)) return id;
    throw new InvalidArgumentError({ subject, found: JSON.stringify(name), ...this.#explain(name, ids) });
  }

  /** Suggests names for an unknown one: the nearest, or a few that contain it. */
  suggest(name: string): readonly string[] {
    const word = name.toLowerCase();
    const byLowerCase = new Map([...this.#ids.keys()].map((one) => [one.toLowerCase(), one]));
    const nearest = nearestName(word, byLowerCase.keys());
    const isPart = nearest === undefined && word.length > 2;
    const near = isPart ? [...byLowerCase.keys()].filter((one) => one.includes(word)) : [nearest ?? ""];
    return near.slice(0, 3).flatMap((one) => byLowerCase.get(one) ?? []);
  }

  #explain(name: string, ids: readonly number[]): Pick<Problem, "expected" | "remedy"> {
    const isNumber = /^[+-]?\d+$/.test(name);
    if (ids.length > 0) {
      return {
        expected: `the name of one class; this one is that of ${ids.join(" and ")}${isNumber ? ", and also a number" : ""}`,
        remedy: `Pass the number of the class: ${ids.join(" or ")}.`,
      };
    }
    if (this.#names.length === 0) {
      return {
        expected: "numbers: the checkpoint does not name its classes",
        remedy: isNumber
          ? `Pass the number ${Number(name)}, without quotes.`
          : "Pass the number of the class, or load the checkpoint with names: `id2label`.",
      };
    }
    const names = [...this.#ids.keys()];
    const meant = this.suggest(name).map((one) => JSON.stringify(one));
    const question = meant.length === 0 ? "" : `Did you mean ${meant.join(" or ")}?`;
    const hint = isNumber ? `Pass the number ${Number(name)}, without quotes.` : question;
    const listed = names.slice(0, listedNames).join(", ");
    const rest = names.length > listedNames ? ` and ${names.length - listedNames} more` : "";
    return {
      expected: `the name of a class: ${listed}${rest}`,
      remedy: `${hint} \`pipe.labels\` lists all names.`.trim(),
    };
  }
}

/**
 * Draws one class per image, from the image's own generator if there is one per image.
 *
 * diffusers draws them from torch's global generator, so the same seed gives different images; here they come from the
 * run's generator, after the latents.
 */
export function drawClassLabels(
  numClassEmbeds: number,
  batchSize: number,
  generator: Generator | readonly Generator[],
): readonly number[] {
  const generators: readonly Generator[] = Array.isArray(generator) ? generator : [generator as Generator];
  const perGenerator = batchSize / generators.length;
  return generators.flatMap((source) =>
    Array.from(source.randint(0, numClassEmbeds, [perGenerator]).data, Number),
  );
}

function isLabel(label: unknown): label is string | readonly string[] {
  const isText =
    typeof label === "string" || (Array.isArray(label) && label.every((name) => typeof name === "string"));
  return isText && namesOf(label).length > 0;
}

function namesOf(label: string | readonly string[]): readonly string[] {
  const names = typeof label === "string" ? label.split(",") : label;
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

/** Whether a name reads as a number other than its class's id, which makes it ambiguous. */
function isOtherNumber(name: string, id: number): boolean {
  return /^[+-]?\d+$/.test(name) && name !== String(id);
}
