import { UnsupportedError } from "@onestep/core";

/** The error for a call that names no model where none ships. */
export function missingShippedCheckpoint(found: string, cause?: unknown): UnsupportedError {
  return new UnsupportedError(
    {
      subject: "the checkpoint that ships",
      found,
      expected: "the package @onestep/emoji32 beside @onestep/pipelines",
      remedy: "Install it (the package onestep brings it along), or name a model.",
    },
    { cause },
  );
}
