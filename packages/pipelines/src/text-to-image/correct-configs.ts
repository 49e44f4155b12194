import type { PythonJson } from "@onestep/core";
import { readConfigRecord, warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";

/**
 * Corrects a scheduler for Stable Diffusion: configs from 2022 wrongly say `steps_offset: 0` and `clip_sample: true`;
 * diffusers' pipelines correct them, too.
 */
export function correctScheduler(scheduler: Scheduler): Scheduler {
  const record = readConfigRecord(scheduler.config);
  const { fromConfig } = scheduler.constructor as {
    readonly fromConfig?: (config: object) => Scheduler;
  };
  if (record === undefined || typeof fromConfig !== "function") return scheduler;
  const { entries, defaulted, className } = record;
  const corrected = new Map<string, PythonJson>();
  const offset = entries.get("steps_offset") ?? 1;
  if (offset !== 1) corrected.set("steps_offset", 1);
  // Also in the fields kept for the next class to use the config.
  if (entries.get("clip_sample") === true) corrected.set("clip_sample", false);
  if (corrected.size === 0) return scheduler;
  const names = [...corrected.keys()].join(" and ");
  warn(
    `The config of the ${className} has values that Stable Diffusion was not trained with. ${names} ${corrected.size === 1 ? "is" : "are"} corrected, as diffusers does.`,
    "scheduler",
  );
  const own = [...entries].filter(([name]) => !defaulted.has(name));
  const document = { ...Object.fromEntries([...own, ...corrected]), _class_name: className };
  return fromConfig.call(scheduler.constructor, document);
}

/** Sizes below this are wrong in configs from before diffusers 0.9. */
const smallestEarlySize = 64;

/**
 * The latent size a UNet was trained on. In configs from before diffusers 0.9, values below 64 mean 64.
 */
export function correctSampleSize(config: object): number | readonly number[] | null {
  const { sampleSize } = config as { readonly sampleSize: number | readonly number[] | null };
  const version = readConfigRecord(config)?.entries.get("_diffusers_version");
  const [, major = "", minor = ""] = /^(\d+)\.(\d+)/.exec(String(version ?? "")) ?? [];
  const isEarly = major === "0" && Number(minor) < 9;
  return isEarly && typeof sampleSize === "number" && sampleSize < smallestEarlySize
    ? smallestEarlySize
    : sampleSize;
}
