import { inferenceBackend } from "#inference-backend";
import type { Device, Precision } from "./inference-session.ts";

/**
 * In what a device computes: float32 on all, float16 on a GPU that has it (`shader-f16` of WebGPU). A graph that computes
 * in another type on a GPU is not run, or, worse, gives wrong numbers; on a processor, float16 is slower than float32.
 *
 * @param device What `checkSessionOptions` has chosen.
 */
export function findPrecisions(device: Device): Promise<readonly Precision[]> {
  return inferenceBackend.findPrecisions(device);
}
