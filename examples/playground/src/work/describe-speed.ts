import type { GenerateReply, ModelFacts } from "../engine/messages.ts";
import { formatDuration, formatRate } from "./format.ts";

/** Device and speed: `wasm, 4 threads · 12 ms a step · 28 images/s`. */
export function describeSpeed(
  { device, threads }: Pick<ModelFacts, "device" | "threads">,
  {
    images,
    milliseconds,
    stepMilliseconds,
  }: Pick<GenerateReply, "images" | "milliseconds" | "stepMilliseconds">,
): string {
  const where = `${device === "webgpu" ? "WebGPU" : device}${device === "wasm" ? `, ${threads} ${threads === 1 ? "thread" : "threads"}` : ""}`;
  const step = milliseconds / Math.max(1, stepMilliseconds.length);
  const rate = formatRate((1000 * images.length) / Math.max(1, milliseconds));
  return `${where} · ${formatDuration(step)} a step · ${rate} ${rate === "1" ? "image" : "images"}/s`;
}
