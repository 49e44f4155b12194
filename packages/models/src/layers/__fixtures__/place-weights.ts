import type { WeightsFile } from "@onestep/runtime";

/** A file of weights, and how to remove it. */
export interface PlacedWeights {
  readonly file: WeightsFile;
  readonly remove: () => Promise<void>;
}

/** Places weights as the runtime reads them: on the disk in Node, in a `Blob` in a browser. */
export async function placeWeights(bytes: readonly Uint8Array<ArrayBuffer>[]): Promise<PlacedWeights> {
  if ("document" in globalThis) return { file: new Blob([...bytes]), remove: async () => {} };
  const [{ mkdtemp, realpath, rm, writeFile }, { tmpdir }, { join }] = await Promise.all([
    import("node:fs/promises"),
    import("node:os"),
    import("node:path"),
  ]);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-weights-")));
  const path = join(folder, "weights.bin");
  await writeFile(path, bytes);
  return { file: path, remove: () => rm(folder, { recursive: true, force: true }) };
}
