import type { PythonJson } from "@onestep/core";
import { readConfigRecord, warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";

/**
 * A scheduler as Stable Diffusion's pipelines use it: configs of 2022 say `steps_offset: 0` and `clip_sample: true`, which were
 * mistakes; diffusers' pipelines correct them, too.
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
  // Also where it is kept for the class that the config is given to next.
  if (entries.get("clip_sample") === true) corrected.set("clip_sample", false);
  if (corrected.size === 0) return scheduler;
  const names = [...corrected.keys()].join(" and ");
  warn(
    `The config of the ${className} has values that Stable Diffusion was not trained with. ${names} ${corrected.size === 1 ? "is" : "are"} corrected, as diffusers does.`,
  );
  const own = [...entries].filter(([name]) => !defaulted.has(name));
  const document = { ...Object.fromEntries([...own, ...corrected]), _class_name: className };
  return fromConfig.call(scheduler.constructor, document);
}

/** Configs of diffusers before 0.9 say a size that their models were not trained on, where it is below this. */
const smallestEarlySize = 64;

/**
 * The size of latents that a UNet was trained on. Configs from before diffusers 0.9 that name less than 64 mean 64.
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
