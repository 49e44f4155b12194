import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { Device } from "./inference-session.ts";

const knownDevices: readonly Device[] = ["cpu", "cuda", "webgpu", "wasm"];

/**
 * The device that `requested` means where `available` devices are there, best first. `"auto"` and nothing mean
 * the best one.
 *
 * @throws InvalidArgumentError where `requested` is not the name of a device.
 * @throws UnsupportedError where the device is not available.
 */
export function resolveDevice(requested: Device | "auto" | undefined, available: readonly Device[]): Device {
  const names = available.map((device) => `"${device}"`).join(", ");
  if (requested !== undefined && requested !== "auto" && !knownDevices.includes(requested)) {
    throw new InvalidArgumentError({
      subject: "device",
      found: JSON.stringify(requested) ?? String(requested),
      expected: `"auto" or one of ${knownDevices.map((device) => `"${device}"`).join(", ")}`,
      remedy: 'Pass one of these, or leave it out for "auto".',
    });
  }
  const [best] = available;
  if (best === undefined) {
    throw new UnsupportedError({
      subject: "device",
      found: `"${requested ?? "auto"}" on a platform that no model runs on yet`,
      expected: "Node 20.19 or newer",
      remedy: "Run the model in Node.",
    });
  }
  if (requested === undefined || requested === "auto") return best;
  if (available.includes(requested)) return requested;
  throw new UnsupportedError({
    subject: "device",
    found: `"${requested}"`,
    expected: `a device that is available here: ${names}`,
    remedy: 'Pass one of these, or "auto" for the best of them.',
  });
}
