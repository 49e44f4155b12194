import type { Edit, Frame } from "../engine/messages.ts";
import { type ModelChoice, type Settings, seedsOf } from "../settings/settings.ts";

/** A generated image, with everything needed to make it again. */
export interface Made {
  /** What it shows: the name of its class. */
  readonly name: string;
  /** The settings of this image alone, regardless of the rest of its batch. */
  readonly settings: Settings;
  /** The name of the model, if it comes from the user's files. */
  readonly localName: string | undefined;
  readonly classLabel: number | undefined;
  readonly width: number;
  /** Its pixels, for editing. */
  readonly frame: Frame;
  /** How it was edited; `undefined` if it was generated from noise. A link cannot reproduce an edit. */
  readonly edit: Edit["kind"] | undefined;
  /** The object URL of its PNG, valid while the page is open. */
  readonly url: string;
  /** The device and speed. */
  readonly speed: string;
}

/** The names of edits in captions. */
const editNames: Readonly<Record<Edit["kind"], string>> = {
  inpaint: "repainted",
  strokes: "from strokes",
  colorize: "coloured",
  upscale: "enlarged",
  denoise: "cleaned up",
  interpolate: "blended",
};

/**
 * Identifies an image, so that the same one is not kept twice; `undefined` for edits, which also depend on pictures.
 */
export function keyOf({ settings, edit, localName }: Made): string | undefined {
  return edit === undefined ? JSON.stringify([settings, localName]) : undefined;
}

/** The name of a model in captions. */
export function nameOfModel(model: ModelChoice, localName: string | undefined): string {
  if (model.kind === "hub") return model.id;
  return model.kind === "shipped" ? "emoji32" : (localName ?? "your files");
}

/** A caption: model, edit, seeds, steps. */
export function describeSettings(
  settings: Settings,
  localName: string | undefined,
  edit?: Edit["kind"],
): string {
  const { model, steps, timesteps } = settings;
  const seeds = seedsOf(settings);
  const named = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`;
  const count = timesteps?.length ?? steps;
  const at = timesteps === undefined ? "" : ` at ${timesteps.join(", ")}`;
  const edited = edit === undefined ? "" : ` · ${editNames[edit]}`;
  return `${nameOfModel(model, localName)}${edited} · ${named} · ${count} ${count === 1 ? "step" : "steps"}${at}`;
}

/** A file name that distinguishes the image from others. */
export function fileNameOf({ name, settings }: Pick<Made, "name" | "settings">): string {
  // A prompt may be too long for a file name.
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 60);
  return `${words}-seed${settings.seed}.png`;
}
