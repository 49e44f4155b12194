import { UnsupportedError } from "@onestep/core";
import type { Device, Precision } from "@onestep/runtime";
import type { CheckpointTensor } from "../checkpoint/checkpoint.ts";

/** What a model is to compute in: `"auto"` leaves it to device and checkpoint. */
export type RequestedPrecision = Precision | "auto";

/**
 * Checks that a device computes in what was asked for, before anything is fetched.
 *
 * @param available What the device computes in.
 * @throws UnsupportedError where it does not.
 */
export function checkPrecision(
  requested: RequestedPrecision,
  device: Device,
  available: readonly Precision[],
): void {
  if (requested === "auto" || available.includes(requested)) return;
  throw new UnsupportedError({
    subject: "dtype",
    found: `"${requested}" on the device "${device}", ${reasons[device]}`,
    expected: `"auto" or ${available.map((precision) => `"${precision}"`).join(" or ")}`,
    remedy:
      "Leave `dtype` out: the weights are used in whatever type they are stored in, and computed with in float32.",
  });
}

/**
 * What to compute in. `"auto"` takes float16 where the device has it and all weights are stored in 16 bits: they are then
 * in memory as they are on disk.
 */
export function choosePrecision(
  requested: RequestedPrecision,
  available: readonly Precision[],
  tensors: Iterable<Pick<CheckpointTensor, "elementType">>,
): Precision {
  if (requested !== "auto") return requested;
  if (!available.includes("float16")) return "float32";
  return [...tensors].every(({ elementType }) => elementType === "float16") ? "float16" : "float32";
}

const reasons: Readonly<Record<Device, string>> = {
  cpu: "where it would be slower than float32 and less exact",
  wasm: "where it would be slower than float32 and less exact",
  webgpu: "whose GPU does not offer the feature shader-f16",
};
