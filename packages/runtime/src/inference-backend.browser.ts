import { UnsupportedError } from "@onestep/core";
import type { InferenceBackend } from "./inference-backend.ts";

/** Browsers have no backend yet. */
export const inferenceBackend: InferenceBackend = {
  devices: [],
  async start() {
    throw new UnsupportedError({
      subject: "createInferenceSession",
      found: "a platform other than Node",
      expected: "Node 20.19 or newer",
      remedy: "Run the model in Node; browsers are not supported by this version.",
    });
  },
};
