import type { ImageJob, ImageSettings } from "../job.ts";

/**
 * For each setting, whether the images of one run must agree in it. `presence`: whether it is given, not its value, as
 * the first text of a run decides how the others are read.
 */
export const sharing: Readonly<Record<keyof ImageSettings, "same" | "presence" | "own">> = {
  seed: "own",
  prompt: "presence",
  negativePrompt: "presence",
  classLabel: "presence",
  numInferenceSteps: "same",
  guidanceScale: "same",
  guidanceRescale: "same",
  clipSkip: "same",
  eta: "same",
  strength: "same",
  width: "same",
  height: "same",
  adapters: "same",
  image: "presence",
  mask: "presence",
};

/** The group of a job: those of one group can be made in one run. */
export function groupOf({ model, task, settings }: Pick<ImageJob, "model" | "task" | "settings">): string {
  const parts = Object.entries(sharing).map(([name, kind]) => {
    const value = settings[name as keyof ImageSettings];
    if (kind === "own") return null;
    return kind === "presence" ? value !== undefined : (value ?? null);
  });
  return JSON.stringify([model, task, ...parts]);
}
