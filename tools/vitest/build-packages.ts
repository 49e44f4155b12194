import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * Compiles the packages before the tests that start worker threads, the command line or the examples.
 *
 * Vitest transforms what a test imports, not what a worker thread or another process loads: those run from `dist`. This
 * keeps `dist` as new as the sources, so that no test passes on yesterday's build.
 */
export default async function buildPackages(): Promise<void> {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const projectFolder = fileURLToPath(new URL("../../packages/onestep", import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [compiler, "-b", projectFolder]);
  } catch (error) {
    const output = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new Error(`The packages do not compile, so what runs from dist cannot be tested.\n${output}`, {
      cause: error,
    });
  }
}
