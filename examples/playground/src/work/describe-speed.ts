import type { GenerateReply, ModelFacts } from "../engine/messages.ts";
import { formatDuration, formatRate } from "./format.ts";

/** Device and speed: `wasm, 4 threads · 12 ms a step · 28 images/s`; of a service, the time of the whole request. */
export function describeSpeed(
  { device, threads }: Pick<ModelFacts, "device" | "threads">,
  {
    images,
    milliseconds,
    stepMilliseconds,
  }: Pick<GenerateReply, "images" | "milliseconds" | "stepMilliseconds">,
): string {
  const where = `${device === "webgpu" ? "WebGPU" : device}${device === "wasm" ? `, ${threads} ${threads === 1 ? "thread" : "threads"}` : ""}`;
  const steps = stepMilliseconds.length;
  const time = `${formatDuration(milliseconds / Math.max(1, steps))}${steps === 0 ? "" : " a step"}`;
  const rate = formatRate((1000 * images.length) / Math.max(1, milliseconds));
  return `${where} · ${time} · ${rate} ${rate === "1" ? "image" : "images"}/s`;
}
