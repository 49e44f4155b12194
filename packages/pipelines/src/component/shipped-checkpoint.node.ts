import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { UnsupportedError } from "@onestep/core";

/**
 * The folder of the bundled checkpoint.
 *
 * @param base The URL of this file; undefined in a CommonJS bundle.
 * @throws UnsupportedError if its package is not installed.
 */
export function findShippedCheckpoint(base: string | undefined = import.meta.url): string {
  // Obtained from Node at run time, since bundlers replace a visible `createRequire`.
  const { createRequire } = process.getBuiltinModule("node:module");
  const program = pathToFileURL(`${process.cwd()}/`).href;
  let cause: unknown;
  for (const from of base?.startsWith("file:") ? [base, program] : [program]) {
    try {
      return dirname(createRequire(from).resolve("@onestep/emoji32/model_index.json"));
    } catch (error) {
      cause = error;
    }
  }
  throw new UnsupportedError(
    {
      subject: "the included model",
      found: "no package @onestep/emoji32",
      expected: "the package @onestep/emoji32 beside @onestep/pipelines",
      remedy:
        "Install it (the package onestep depends on it), or pass the name of a model. If it is installed, a bundler has " +
        "moved this code away from it: leave onestep out of the bundle (Next.js: `serverExternalPackages`).",
    },
    { cause },
  );
}
