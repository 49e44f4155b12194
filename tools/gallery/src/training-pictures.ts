import { readFile } from "node:fs/promises";
import { unzipSync } from "fflate";

/** A picture that the model was trained on, or its mirror image. */
export interface TrainingPicture {
  /** The name of what it shows. */
  readonly label: string;
  /** Red, green and blue of each pixel, row by row, 0 to 255. */
  readonly data: Uint8Array;
}

/**
 * Reads the pictures of 32 x 32 pixels of some labels, and their mirror images.
 *
 * @param folder - Has `emoji.npz` (arrays `x32` and `y`) and `labels.json` (the names that `y` counts).
 */
export async function readTrainingPictures(
  folder: string,
  labels: ReadonlySet<string>,
): Promise<readonly TrainingPicture[]> {
  const document: { labels: { label: string }[] } = JSON.parse(
    await readFile(`${folder}/labels.json`, "utf8"),
  );
  const arrays = unzipSync(await readFile(`${folder}/emoji.npz`), {
    filter: ({ name }) => name === "x32.npy" || name === "y.npy",
  });
  const [pixels, numbers] = [readArray(arrays, "x32.npy"), readArray(arrays, "y.npy")];
  const [count = 0, ...shape] = pixels.shape;
  if (shape.join() !== "32,32,3" || numbers.shape.join() !== String(count)) {
    throw new Error(
      `${folder}/emoji.npz: found x32 [${pixels.shape}] and y [${numbers.shape}], expected 32 x 32 x 3`,
    );
  }
  const size = numbers.bytes.length / count;
  const view = new DataView(numbers.bytes.buffer, numbers.bytes.byteOffset);
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const number = size === 1 ? view.getUint8(index) : view.getUint16(index * size, true);
    const label = document.labels[number]?.label ?? "";
    if (!labels.has(label)) return [];
    const data = pixels.bytes.slice(3072 * index, 3072 * (index + 1));
    return [
      { label, data },
      { label, data: mirror(data) },
    ];
  });
}

/** An array of an `.npz`: NumPy's header, then the numbers. */
function readArray(
  arrays: Readonly<Record<string, Uint8Array>>,
  name: string,
): { readonly shape: readonly number[]; readonly bytes: Uint8Array } {
  const file = arrays[name];
  if (file === undefined) throw new Error(`found no ${name}`);
  const headerLength = new DataView(file.buffer, file.byteOffset).getUint16(8, true);
  const header = new TextDecoder().decode(file.subarray(10, 10 + headerLength));
  const [, shape = ""] = /'shape': \(([\d, ]+)\)/.exec(header) ?? [];
  return {
    shape: shape.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)])),
    bytes: file.subarray(10 + headerLength),
  };
}

function mirror(data: Uint8Array): Uint8Array {
  return Uint8Array.from(data, (_, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    const [row, column] = [Math.floor(pixel / 32), pixel % 32];
    return data[3 * (32 * row + 31 - column) + channel] ?? 0;
  });
}
