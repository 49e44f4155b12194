import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { inferenceBackend } from "#inference-backend";
import type { Device, InferenceBackend, Precision, StartOptions } from "./backend.ts";
import { OutOfMemoryError } from "./errors.ts";
import type { InferenceSessionOptions } from "./session.ts";

const knownDevices: readonly Device[] = ["cpu", "webgpu", "wasm"];

/** More than any machine has cores; onnxruntime starts as many as it is told, and thousands take minutes. */
const maximumThreads = 1024;

/**
 * A WebAssembly memory has addresses for 4 GiB. The weights are in it once, with 17 MB beside them (measured in Chromium
 * with a model of 296 MB, `npm run measure-browser -- loading`); what is left is for the arrays of a run.
 */
const mostWasmBytes = 3.5 * 1024 ** 3;

/**
 * The options of a session as they will be used on this machine. Call it before work whose result would be lost, such
 * as a download, were an option wrong, and again where the weights are known.
 *
 * @param largestWeight - Bytes of the largest weight. `"auto"` takes no GPU that cannot hold it in one piece.
 * @throws InvalidArgumentError where an option is wrong.
 * @throws UnsupportedError where the device is not available here, or too small for the largest weight.
 */
export async function checkSessionOptions(
  options: InferenceSessionOptions,
  largestWeight = 0,
): Promise<StartOptions> {
  const { threads, optimizeFor = "throughput", web, signal, backend = inferenceBackend } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= maximumThreads)) {
    throw new InvalidArgumentError({
      subject: "threads",
      found: String(threads),
      expected: `a whole number from 1 to ${maximumThreads}`,
      remedy: "Pass the number of threads to compute with, or leave it out for the number of cores.",
    });
  }
  if (optimizeFor !== "throughput" && optimizeFor !== "startup") {
    throw new InvalidArgumentError({
      subject: "optimizeFor",
      found: JSON.stringify(optimizeFor) ?? String(optimizeFor),
      expected: '"throughput" or "startup"',
      remedy: 'Pass one of these, or leave it out for "throughput".',
    });
  }
  const devices = await backend.findDevices(options.device, largestWeight);
  return { device: resolveDevice(options.device, devices), threads, optimizeFor, web, signal };
}

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

/**
 * In what a device computes: float32 on all, float16 on a GPU that has it (`shader-f16` of WebGPU). A graph that computes
 * in another type on a GPU is not run, or, worse, gives wrong numbers; on a processor, float16 is slower than float32.
 *
 * @param device What `checkSessionOptions` has chosen.
 * @param options.backend The backend of the device, by default the platform's.
 */
export function findPrecisions(
  device: Device,
  { backend = inferenceBackend }: { readonly backend?: InferenceBackend | undefined } = {},
): Promise<readonly Precision[]> {
  return backend.findPrecisions(device);
}

/** Which weights are to be loaded. */
export interface WeightsToFit {
  /** What to call them in a message. */
  readonly subject: string;
  /** Their length in bytes, in the precision that the device computes in. */
  readonly byteCount: number;
  /** Where they are to be loaded. */
  readonly device: Device;
}

/**
 * Checks that a device can hold weights, as far as that shows before anything is loaded. Call it before they are
 * fetched. Only WebAssembly has a limit that no machine changes.
 *
 * @throws OutOfMemoryError
 */
export function checkWeightsFit({ byteCount, device, subject }: WeightsToFit): void {
  if (device !== "wasm" || byteCount <= mostWasmBytes) return;
  throw new OutOfMemoryError({
    subject,
    found: `${byteCount} bytes in float32, in which WebAssembly computes`,
    expected: `at most ${mostWasmBytes} bytes, since a WebAssembly memory has addresses for 4 GiB`,
    remedy:
      'Nothing was fetched. Run the model on a GPU (device "webgpu"; with variant "fp16" it takes half the memory), run ' +
      "it in Node, or take a smaller model.",
  });
}
