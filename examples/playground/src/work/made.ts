import type { Edit, Frame } from "../engine/messages.ts";
import { type ModelChoice, type Settings, seedsOf } from "../settings/settings.ts";

/** An image that was made, with everything to make it again. */
export interface Made {
  /** What it shows: the name of its class. */
  readonly name: string;
  /** Those of this image alone, whatever else was in its batch. */
  readonly settings: Settings;
  /** What the model is called, where it is one of the person's files. */
  readonly localName: string | undefined;
  readonly classLabel: number | undefined;
  readonly width: number;
  /** Its pixels, to edit them. */
  readonly frame: Frame;
  /** How it was edited; `undefined` where it was made of noise. A link cannot bring it back. */
  readonly edit: Edit["kind"] | undefined;
  /** The address of its PNG, for as long as the page is open. */
  readonly url: string;
  /** Where it was made and how fast. */
  readonly speed: string;
}

/** What an edit is called in a caption. */
const editNames: Readonly<Record<Edit["kind"], string>> = {
  inpaint: "repainted",
  strokes: "from strokes",
  colorize: "coloured",
  upscale: "enlarged",
  denoise: "cleaned up",
  interpolate: "blended",
};

/** What tells an image from others, so that the same is not kept twice; `undefined` for edits, which differ by pictures. */
export function keyOf({ settings, edit, localName }: Made): string | undefined {
  return edit === undefined ? JSON.stringify([settings, localName]) : undefined;
}

/** What a model is called in a caption. */
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

/** A file name that tells the image from others. */
export function fileNameOf({ name, settings }: Pick<Made, "name" | "settings">): string {
  // A prompt may be longer than a file name.
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 60);
  return `${words}-seed${settings.seed}.png`;
}
