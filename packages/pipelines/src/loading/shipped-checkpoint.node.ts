import { createRequire } from "node:module";
import { dirname } from "node:path";
import { missingShippedCheckpoint } from "./missing-shipped-checkpoint.ts";

/** The folder of the checkpoint that ships. @throws UnsupportedError where its package is not installed. */
export function findShippedCheckpoint(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
  } catch (cause) {
    throw missingShippedCheckpoint("no package @onestep/emoji32", cause);
  }
}
