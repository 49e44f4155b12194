import type { PythonJson } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import { afterAll } from "vitest";
import { formulaCheckpoint } from "./formula-checkpoint.ts";

/**
 * Where the tests of a file place a `formulaCheckpoint` to load: a folder in Node, which is removed after them, `Blob`s in
 * a browser. To be called at the top of the file.
 */
export function formulaCheckpointPlace(): (
  config: PythonJson,
  factors?: Readonly<Record<string, number>>,
) => Promise<RepositoryLocation> {
  const cleanUp: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const remove of cleanUp) await remove();
  });
  return async (config, factors = {}) => {
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
    cleanUp.push(() => rm(folder, { recursive: true, force: true }));
    await writeFormulaCheckpoint(folder, config, factors);
    return folder;
  };
}
