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
  /** The address of its PNG, for as long as the page is open. */
  readonly url: string;
  /** Where it was made and how fast. */
  readonly speed: string;
}

/** What a model is called in a caption. */
export function nameOfModel(model: ModelChoice, localName: string | undefined): string {
  if (model.kind === "hub") return model.id;
  return model.kind === "shipped" ? "emoji32" : (localName ?? "your files");
}

/** A caption: model, seeds, steps. */
export function describeSettings(settings: Settings, localName: string | undefined): string {
  const { model, steps, timesteps } = settings;
  const seeds = seedsOf(settings);
  const named = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`;
  const count = timesteps?.length ?? steps;
  const at = timesteps === undefined ? "" : ` at ${timesteps.join(", ")}`;
  return `${nameOfModel(model, localName)} · ${named} · ${count} ${count === 1 ? "step" : "steps"}${at}`;
}

/** A file name that tells the image from others. */
export function fileNameOf({ name, settings }: Pick<Made, "name" | "settings">): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${words}-seed${settings.seed}.png`;
}
