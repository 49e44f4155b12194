import { cp, open } from "node:fs/promises";
import { join } from "node:path";
import { openRepository } from "@onestep/hub";
import { openCheckpoint } from "@onestep/models";

/** A factor to multiply arrays by, with a pattern for their names. */
export interface WeightFactor {
  readonly names: RegExp;
  readonly factor: number;
}

/**
 * Copies the folder of a pipeline, and multiplies some of the weights of the copy.
 *
 * @throws Error if no array has such a name, or one is not stored in float32.
 */
export async function copyWithScaledWeights(
  checkpoint: string,
  copy: string,
  { names, factor }: WeightFactor,
): Promise<void> {
  await cp(checkpoint, copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const { tensors } = await openCheckpoint(await openRepository(join(copy, "unet")));
  const chosen = [...tensors].filter(([name]) => names.test(name));
  if (chosen.length === 0) throw new Error(`${checkpoint}: found no weight like ${names}.`);
  for (const [name, { file, offset, length, dtype }] of chosen) {
    if (dtype !== "float32" || file.localPath === undefined) {
      throw new Error(`${name}: found ${dtype}, expected float32 in a file.`);
    }
    const handle = await open(file.localPath, "r+");
    const values = new Float32Array(length / Float32Array.BYTES_PER_ELEMENT);
    await handle.read(values, 0, length, offset);
    await handle.write(
      values.map((value) => value * factor),
      0,
      length,
      offset,
    );
    await handle.close();
  }
}
