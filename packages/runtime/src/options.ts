import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { inferenceBackend } from "#inference-backend";
import type { AvailableDevice, Device, InferenceBackend, Precision, StartOptions } from "./backend.ts";
import { OutOfMemoryError } from "./errors.ts";
import type { InferenceSessionOptions } from "./session.ts";

const knownDevices: readonly Device[] = ["cpu", "webgpu", "wasm"];

/** More than any machine has cores; onnxruntime starts as many as requested, and thousands take minutes. */
const maximumThreads = 1024;

/**
 * A WebAssembly memory is limited to 4 GiB. It holds the weights once, plus 17 MB (measured in Chromium with a model of
 * 296 MB, `npm run measure-browser -- loading`); the rest is for activations.
 */
const mostWasmBytes = 3.5 * 1024 ** 3;

/** Validated session options and the available devices, determined once per load. */
export interface SessionPlan {
  readonly backend: InferenceBackend;
  /** The devices allowed by `device`, best first; at least one. */
  readonly devices: readonly AvailableDevice[];
  readonly options: Omit<StartOptions, "device" | "optimizeFor"> &
    Pick<InferenceSessionOptions, "optimizeFor">;
}

/**
 * Validates session options and finds the devices of this machine. Call it before work that an invalid option would
 * waste, such as a download.
 *
 * @throws InvalidArgumentError if an option is wrong.
 * @throws UnsupportedError if the device is not available here.
 */
export async function planSession(options: InferenceSessionOptions): Promise<SessionPlan> {
  const { threads, optimizeFor, web, signal, backend = inferenceBackend } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= maximumThreads)) {
    throw new InvalidArgumentError({
      subject: "threads",
      found: String(threads),
      expected: `a whole number from 1 to ${maximumThreads}`,
      remedy: "Pass the number of threads to compute with, or leave it out for the number of cores.",
    });
  }
  if (optimizeFor !== undefined && optimizeFor !== "throughput" && optimizeFor !== "startup") {
    throw new InvalidArgumentError({
      subject: "optimizeFor",
      found: JSON.stringify(optimizeFor) ?? String(optimizeFor),
      expected: '"throughput" or "startup"',
      remedy: "Pass one of these, or leave it out: the size of the model then decides.",
    });
  }
  const available = await backend.findDevices(options.device);
  const devices = allowedDevices(options.device, available);
  return { backend, devices, options: { threads, optimizeFor, web, signal } };
}

/**
 * The devices of this machine, best first, with their precisions and maximum array size.
 *
 * @param requested - Probes only this device; in Node, a GPU is found only if requested.
 * @throws UnsupportedError if that device is not available here.
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
 * How many processor cores a session may use: those of the machine, less what the process's affinity or container takes
 * away. Undefined in browsers, which do not say.
 *
 * @example
 * const half = Math.max(1, Math.floor((findCores() ?? 2) / 2));
 * const pipe = await ConsistencyModelPipeline.fromPretrained(undefined, { threads: half });
 */
export function findCores(): number | undefined {
  return inferenceBackend.cores?.();
}

/**
 * The device of a plan to load a model on: the first that can hold its largest array.
 *
 * @param largestArray - Bytes, by precision.
 * @throws UnsupportedError if none can.
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
 * The `available` devices allowed by `requested`, best first. `"auto"` and undefined allow all.
 *
 * @throws InvalidArgumentError if `requested` is not the name of a device.
 * @throws UnsupportedError if the device is not available.
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

/** The weights to load. */
export interface WeightsToFit {
  /** Their name in messages. */
  readonly subject: string;
  /** Their size in bytes, in the compute precision of the device. */
  readonly byteCount: number;
  /** The device to load them on. */
  readonly device: Device;
}

/**
 * Checks that a device can hold weights, as far as known before loading. Call it before they are fetched. Only
 * WebAssembly has a fixed limit.
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
