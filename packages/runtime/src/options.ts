import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { inferenceBackend } from "#inference-backend";
import type { AvailableDevice, Device, InferenceBackend, Precision, StartOptions } from "./backend.ts";
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

/** The options of sessions, checked, and the devices that are there: found once for a load, and for all that is decided in it. */
export interface SessionPlan {
  readonly backend: InferenceBackend;
  /** Those that `device` allows, best first; one at least. */
  readonly devices: readonly AvailableDevice[];
  readonly options: Omit<StartOptions, "device">;
}

/**
 * Checks the options of a session, and finds the devices of this machine. Call it before work whose result would be lost,
 * such as a download, were an option wrong.
 *
 * @throws InvalidArgumentError where an option is wrong.
 * @throws UnsupportedError where the device is not available here.
 */
export async function planSession(options: InferenceSessionOptions): Promise<SessionPlan> {
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
  const available = await backend.findDevices(options.device);
  const devices = allowedDevices(options.device, available);
  return { backend, devices, options: { threads, optimizeFor, web, signal } };
}

/**
 * The devices of this machine, best first, with what they compute in and how large an array they hold.
 *
 * @param requested - A device, to ask for no other; a GPU is found in Node only where it is asked for.
 * @throws UnsupportedError where that device is not available here.
 * @example
 * const [best] = await findDevices();
 */
export async function findDevices(
  requested: Device | "auto" = "auto",
  { backend }: Pick<InferenceSessionOptions, "backend"> = {},
): Promise<readonly AvailableDevice[]> {
  return (await planSession({ device: requested, backend })).devices;
}

/**
 * The device of a plan that takes a model: the first that holds its largest array in one piece.
 *
 * @param largestArray - Bytes, by what a device computes in.
 * @throws UnsupportedError where none does.
 */
export function chooseDevice(
  { devices }: Pick<SessionPlan, "devices">,
  largestArray: (precisions: readonly Precision[]) => number = () => 0,
): AvailableDevice {
  const fitting = devices.find(
    (candidate) => largestArray(candidate.precisions) <= (candidate.largestArray ?? Number.POSITIVE_INFINITY),
  );
  if (fitting !== undefined) return fitting;
  const [best] = devices as readonly [AvailableDevice];
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  throw new UnsupportedError({
    subject: "device",
    found: `"${best.device}" on a GPU whose buffers hold ${megabytes(best.largestArray ?? 0)}`,
    expected: `${megabytes(largestArray(best.precisions))} for the largest weight`,
    remedy: 'Pass the device "wasm", or "auto".',
  });
}

/**
 * The devices that `requested` allows where `available` devices are there, best first. `"auto"` and nothing allow all.
 *
 * @throws InvalidArgumentError where `requested` is not the name of a device.
 * @throws UnsupportedError where the device is not available.
 */
export function allowedDevices(
  requested: Device | "auto" | undefined,
  available: readonly AvailableDevice[],
): readonly AvailableDevice[] {
  const names = available.map(({ device }) => `"${device}"`).join(", ");
  if (requested !== undefined && requested !== "auto" && !knownDevices.includes(requested)) {
    throw new InvalidArgumentError({
      subject: "device",
      found: JSON.stringify(requested) ?? String(requested),
      expected: `"auto" or one of ${knownDevices.map((device) => `"${device}"`).join(", ")}`,
      remedy: 'Pass one of these, or leave it out for "auto".',
    });
  }
  if (available.length === 0) {
    throw new UnsupportedError({
      subject: "device",
      found: `"${requested ?? "auto"}" on a platform that no model runs on yet`,
      expected: "Node 20.19 or newer",
      remedy: "Run the model in Node.",
    });
  }
  if (requested === undefined || requested === "auto") return available;
  const found = available.find(({ device }) => device === requested);
  if (found !== undefined) return [found];
  throw new UnsupportedError({
    subject: "device",
    found: `"${requested}"`,
    expected: `a device that is available here: ${names}`,
    remedy: 'Pass one of these, or "auto" for the best of them.',
  });
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
