import type { InferenceSession } from "onnxruntime-web";
import type { NativeLoadRequest, WebLoadRequest } from "../protocol.ts";

type SessionOptions = InferenceSession.SessionOptions;

/** A file of weights as onnxruntime-web takes it. */
export interface ExternalData {
  readonly path: string;
  readonly data: Blob | Uint8Array;
}

/**
 * The options that onnxruntime-node gets for a session.
 *
 * Memory patterns are off: they plan one block for all activations of a run and keep it, which took 0.06 GB (batch 1)
 * and 0.62 GB (batch 8) more than the arena alone for a 64×64 UNet, 0.9 GB more for a 256×256 one, and saved no time.
 * The arena is on: without it, each large activation is requested from the system and zeroed again, which takes 10 % of the time.
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
    // What onnxruntime has to say arrives as errors, with a remedy; it would be on the terminal twice.
    logSeverityLevel: 4,
    extra: {
      session: {
        disable_prepacking: "1",
        ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
      },
    },
  };
}

/** The options that onnxruntime-web gets for a session, in Node and in browsers. See {@link nativeSessionOptions}. */
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
