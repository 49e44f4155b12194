import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * Compiles a workspace member and its references, if anything has changed.
 *
 * @param folder - Relative to the repository's root.
 */
export async function compileProject(folder: string): Promise<void> {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const project = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [compiler, "-b", project]);
  } catch (error) {
    const output = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new Error(`${folder} does not compile, so what runs from its dist cannot be tested.\n${output}`, {
      cause: error,
    });
  }
}
