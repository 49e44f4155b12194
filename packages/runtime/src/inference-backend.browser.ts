import type { InferenceBackend } from "./inference-backend.ts";
import { startWebSession } from "./web/start-web-session.ts";
import { findWebDevices, findWebPrecisions } from "./web/web-platform.ts";

/** Browsers run onnxruntime-web in a Web Worker, on the GPU or on the processor. */
export const inferenceBackend: InferenceBackend = {
  findDevices: findWebDevices,
  findPrecisions: findWebPrecisions,
  start: startWebSession,
};
