import type { RecommendedScheduler } from "./model-report.ts";

/** 50 steps: what diffusers' `DDIMPipeline` takes by default, on the models of `DDPMPipeline` (arXiv:2010.02502, table 1). */
const schedulersByPipeline: Readonly<Record<string, readonly RecommendedScheduler[]>> = {
  DDPMPipeline: [{ className: "DDIMScheduler", steps: 50 }],
};

/** Schedulers with which the models of a pipeline take far fewer steps than its own does. */
export function recommendedSchedulers(pipeline: string): readonly RecommendedScheduler[] {
  return Object.hasOwn(schedulersByPipeline, pipeline) ? (schedulersByPipeline[pipeline] ?? []) : [];
}
