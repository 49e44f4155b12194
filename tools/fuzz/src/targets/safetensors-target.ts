import { readSafetensors } from "@onestep/models";
import { safetensorsFiles } from "../arbitraries/safetensors-files.ts";
import type { FuzzTarget } from "../fuzz-target.ts";

/** The reader of safetensors headers. */
export const safetensorsTarget: FuzzTarget = {
  name: "safetensors",
  inputs: safetensorsFiles,
  read: (file) => readSafetensors(file),
  mayOverlap: false,
};
