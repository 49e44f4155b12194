import type { StoredFile } from "@onestep/runtime";

/** A file of weights, and how to remove it. */
export interface PlacedWeights {
  readonly file: StoredFile;
  readonly remove: () => Promise<void>;
}

/** Places weights as the runtime reads them: on the disk in Node, in a `Blob` in a browser. */
export async function placeWeights(bytes: readonly Uint8Array<ArrayBuffer>[]): Promise<PlacedWeights> {
  const blob = new Blob([...bytes]);
  const content = {
    path: "weights.bin",
    size: blob.size,
    read: async (start: number, end: number) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
  if ("document" in globalThis) return { file: { ...content, blob }, remove: async () => {} };
  const [{ mkdtemp, realpath, rm, writeFile }, { tmpdir }, { join }] = await Promise.all([
    import("node:fs/promises"),
    import("node:os"),
    import("node:path"),
  ]);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-weights-")));
  const localPath = join(folder, "weights.bin");
  await writeFile(localPath, bytes);
  return {
    file: { ...content, localPath },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
