import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { UnsupportedError } from "@onestep/core";

/**
 * The folder of the checkpoint that ships.
 *
 * @param base Where this file is; undefined in a bundle that is CommonJS.
 * @throws UnsupportedError where its package is not installed.
 */
export function findShippedCheckpoint(base: string | undefined = import.meta.url): string {
  // Asked of Node itself, since a bundler takes a `createRequire` that it sees for its own.
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
      subject: "the checkpoint that ships",
      found: "no package @onestep/emoji32",
      expected: "the package @onestep/emoji32 beside @onestep/pipelines",
      remedy:
        "Install it (the package onestep brings it along), or name a model. Where it is installed, a bundler has moved " +
        "this code away from it: leave onestep out of the bundle (Next.js: `serverExternalPackages`).",
    },
    { cause },
  );
}
