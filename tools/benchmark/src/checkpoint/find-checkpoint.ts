import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { architectures } from "./architecture.ts";
import { makeCheckpoint } from "./make-checkpoint.ts";

/** The architectures that can be measured: published ones with random weights, and the checkpoint that ships. */
export const architectureNames: readonly string[] = [...Object.keys(architectures), "emoji32"];

/** Where checkpoints are made and kept. */
export const defaultFolder: string = fileURLToPath(
  new URL("../../../../node_modules/.cache/onestep-benchmark", import.meta.url),
);

/** The folder of an architecture's checkpoint, made where it is not there yet. */
export async function findCheckpoint(name: string, folder: string = defaultFolder): Promise<string> {
  const architecture = architectures[name];
  if (architecture === undefined) {
    return dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/package.json"));
  }
  const checkpoint = join(folder, name);
  await makeCheckpoint(checkpoint, architecture);
  return checkpoint;
}
