import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PythonJson } from "@onestep/core";
import { formulaCheckpoint } from "./formula-checkpoint.ts";

/** Writes the files of {@link formulaCheckpoint} into a folder, which is made where it is not there. */
export async function writeFormulaCheckpoint(
  folder: string,
  config: PythonJson,
  factors: Readonly<Record<string, number>> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, pieces] of Object.entries(formulaCheckpoint(config, factors))) {
    await writeFile(join(folder, name), pieces);
  }
}
