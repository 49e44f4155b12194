import { parseTimesteps } from "./parse-timesteps.ts";
import {
  defaultSettings,
  largestCount,
  largestSeed,
  largestSteps,
  largestTextSteps,
  type ModelChoice,
  type Settings,
  type TextSettings,
} from "./settings.ts";

/**
 * The URL fragment (after `#`) that restores these settings. It never contains a token or an endpoint. A link cannot
 * contain the user's files; the model is omitted then.
 */
export function formatSettings(settings: Settings): string {
  const { model, classLabel, steps, timesteps, seed, count, text } = settings;
  const fields: string[] = [];
  if (model.kind === "hub") {
    fields.push(`model=${encodeId(model.id)}`);
    if (model.revision !== undefined) fields.push(`revision=${encodeURIComponent(model.revision)}`);
  }
  if (text === undefined) fields.push(`class=${classLabel}`);
  else fields.push(...formatText(text));
  fields.push(`seed=${seed}`);
  fields.push(timesteps === undefined ? `steps=${steps}` : `timesteps=${timesteps.join(",")}`);
  if (count !== 1) fields.push(`images=${count}`);
  return fields.join("&");
}

/**
 * The values of fields that a link omits. They do not follow the page's defaults, because links may be older than
 * those.
 */
const unsaid: Settings = { ...defaultSettings, classLabel: 0, seed: 7, steps: 1, count: 1 };

/** Settings from a link, and the fields that could not be parsed and were treated as omitted. */
export interface ParsedSettings {
  readonly settings: Settings;
  readonly faults: readonly string[];
}

/**
 * Parses what {@link formatSettings} writes, with or without the `#`.
 *
 * @param mostSteps - The largest number of steps of a model without a prompt.
 * @returns `undefined` if it has none of our fields.
 */
export function parseSettings(
  fragment: string,
  mostSteps: number = largestSteps,
): ParsedSettings | undefined {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const known = ["model", "revision", "class", "prompt", "seed", "steps", "timesteps", "images"];
  if (!known.some((name) => fields.has(name))) return undefined;
  const faults: string[] = [];
  const read = <Value>(name: string, parse: (text: string) => Value | undefined, fallback: Value): Value => {
    const text = fields.get(name);
    if (text === null) return fallback;
    const value = parse(text);
    if (value === undefined) faults.push(`${name}=${text}`);
    return value ?? fallback;
  };
  const { classLabel, steps, seed, count } = unsaid;
  const settings: Settings = {
    model: readModel(fields),
    classLabel: read("class", (text) => (text === "each" ? text : parseWhole(text, 0, 65_535)), classLabel),
    steps: read(
      "steps",
      (text) => parseWhole(text, 1, fields.has("prompt") ? largestTextSteps : mostSteps),
      steps,
    ),
    timesteps: read("timesteps", parseTimesteps, undefined),
    seed: read("seed", (text) => parseWhole(text, 0, largestSeed), seed),
    count: read("images", (text) => parseWhole(text, 1, largestCount), count),
    ...(fields.has("prompt") ? { text: readText(fields, read) } : {}),
  };
  return { settings, faults };
}

/** A whole number in a range, written in decimal digits; `undefined` for anything else. */
export function parseWhole(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

function formatText({
  prompt,
  negativePrompt,
  guidanceScale,
  width,
  height,
}: TextSettings): readonly string[] {
  return [
    `prompt=${encodeURIComponent(prompt)}`,
    ...(negativePrompt === "" ? [] : [`negative=${encodeURIComponent(negativePrompt)}`]),
    `guidance=${guidanceScale}`,
    `size=${width}x${height}`,
  ];
}

function readText(
  fields: URLSearchParams,
  read: <Value>(name: string, parse: (text: string) => Value | undefined, fallback: Value) => Value,
): TextSettings {
  const [width, height] = read("size", parseSize, [512, 512]);
  return {
    prompt: fields.get("prompt") ?? "",
    negativePrompt: fields.get("negative") ?? "",
    guidanceScale: read("guidance", (text) => parseDecimal(text, 0, 100), 7.5),
    width,
    height,
  };
}

function parseSize(text: string): readonly [width: number, height: number] | undefined {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  return width === undefined || height === undefined ? undefined : [Number(width), Number(height)];
}

/** A decimal number in a range, such as 7.5; `undefined` for anything else. */
export function parseDecimal(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,6}(?:\.\d{1,6})?$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

function readModel(fields: URLSearchParams): ModelChoice {
  const id = fields.get("model")?.trim();
  if (!id) return { kind: "shipped" };
  return { kind: "hub", id, revision: fields.get("revision") || undefined };
}

/** An id with its slash unescaped, which a fragment may contain. */
function encodeId(id: string): string {
  return encodeURIComponent(id).replaceAll("%2F", "/");
}
