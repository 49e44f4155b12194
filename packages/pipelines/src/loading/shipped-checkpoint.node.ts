import { createRequire } from "node:module";
import { dirname } from "node:path";
import { UnsupportedError } from "@onestep/core";

/** The folder of the checkpoint that ships. @throws UnsupportedError where its package is not installed. */
export function findShippedCheckpoint(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "the checkpoint that ships",
        found: "no package @onestep/emoji32",
        expected: "the package @onestep/emoji32 beside @onestep/pipelines",
        remedy: "Install it (the package onestep brings it along), or name a model.",
      },
      { cause },
    );
  }
}
