import { InvalidArgumentError } from "@onestep/core";
import { inferenceBackend } from "#inference-backend";
import type { StartOptions } from "./inference-backend.ts";
import type { InferenceSessionOptions } from "./inference-session.ts";
import { resolveDevice } from "./resolve-device.ts";

/** More than any machine has cores; onnxruntime starts as many as it is told, and thousands take minutes. */
const maximumThreads = 1024;

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
  const { threads, optimizeFor = "throughput", web, signal } = options;
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
  const devices = await inferenceBackend.findDevices(options.device, largestWeight);
  return { device: resolveDevice(options.device, devices), threads, optimizeFor, web, signal };
}
