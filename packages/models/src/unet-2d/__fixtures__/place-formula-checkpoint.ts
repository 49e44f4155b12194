import type { PythonJson } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import { onTestFinished } from "vitest";
import { formulaCheckpoint } from "./formula-checkpoint.ts";

/**
 * A `formulaCheckpoint` where a model can be loaded from on this platform, until the test has finished: in a folder in
 * Node, as `Blob`s in a browser.
 */
export async function placeFormulaCheckpoint(
  config: PythonJson,
  factors: Readonly<Record<string, number>>,
): Promise<RepositoryLocation> {
  if ("document" in globalThis) {
    const files = Object.entries(formulaCheckpoint(config, factors));
    return new Map(files.map(([name, pieces]) => [name, new Blob([...pieces])]));
  }
  const [{ mkdtemp, rm }, { tmpdir }, { join }, { writeFormulaCheckpoint }] = await Promise.all([
    import("node:fs/promises"),
    import("node:os"),
    import("node:path"),
    import("./write-formula-checkpoint.ts"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "onestep-formula-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFormulaCheckpoint(folder, config, factors);
  return folder;
}
