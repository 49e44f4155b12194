import type { InferenceSession } from "onnxruntime-web";
import type { NativeLoadRequest, WebLoadRequest } from "../protocol.ts";

type SessionOptions = InferenceSession.SessionOptions;

/** A weights file as accepted by onnxruntime-web. */
export interface ExternalData {
  readonly path: string;
  readonly data: Blob | Uint8Array;
}

/**
 * Session options for onnxruntime-node.
 *
 * Memory patterns are off: they plan one block for all activations of a run and keep it, which took 0.06 GB (batch 1)
 * and 0.62 GB (batch 8) more than the arena alone for a 64×64 UNet, 0.9 GB more for a 256×256 one, and saved no time.
 * The arena is on: without it, each large activation is requested from the system and zeroed again, which takes 10 % of
 * the time.
 *
 * Nothing is packed before the first run: for 1.2 GB of weights that took two seconds of loading and saved no time
 * afterwards. What does save time is the layout that the level "all" gives to the weights of convolutions; they are
 * copied for it. The level below leaves every weight in its mapped file.
 */
export function nativeSessionOptions(
  request: Pick<NativeLoadRequest, "folder" | "device" | "threads" | "optimizeFor">,
): SessionOptions {
  const { folder, device, threads, optimizeFor } = request;
  return {
    executionProviders: [device],
    graphOptimizationLevel: optimizeFor === "startup" ? "extended" : "all",
    intraOpNumThreads: threads,
    enableCpuMemArena: true,
    enableMemPattern: false,
    // onnxruntime's messages arrive as errors, with a remedy; logging would print them twice.
    logSeverityLevel: 4,
    extra: {
      session: {
        disable_prepacking: "1",
        ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
      },
    },
  };
}

/** Session options for onnxruntime-web, in Node and in browsers. See {@link nativeSessionOptions}. */
export function webSessionOptions(
  { device, optimizeFor }: Pick<WebLoadRequest, "device" | "optimizeFor">,
  externalData: readonly ExternalData[],
): SessionOptions {
  return {
    executionProviders: [device],
    externalData,
    graphOptimizationLevel: optimizeFor === "startup" ? "extended" : "all",
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session: { disable_prepacking: "1" } },
  };
}
