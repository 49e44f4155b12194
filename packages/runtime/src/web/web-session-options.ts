import type { InferenceSession } from "onnxruntime-web";
import type { ExternalData } from "./provide-weights.ts";
import type { WebLoadRequest } from "./web-load-request.ts";

/** The options that onnxruntime-web gets for a session. */
export function webSessionOptions(
  { device, optimizeFor }: Pick<WebLoadRequest, "device" | "optimizeFor">,
  externalData: readonly ExternalData[],
): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    externalData,
    graphOptimizationLevel: optimizeFor === "startup" ? "extended" : "all",
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session: { disable_prepacking: "1" } },
  };
}
