import type { Frame } from "../engine/messages.ts";

/** Larger pictures are shrunk on reading; no model here is larger. */
const longestSide = 1024;

/**
 * Reads a picture file in any format that the browser supports. Transparent areas become white.
 *
 * @throws Error if it is not a picture.
 */
export async function readPicture(file: Blob): Promise<Frame> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (bitmap === undefined) {
    const name = file instanceof File && file.name !== "" ? file.name : "The file";
    throw new Error(`${name} is not a picture that this browser can read. Use a PNG, JPEG or WebP.`);
  }
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) throw new Error("This browser gives no canvas to draw on.");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { width, height, rgba: context.getImageData(0, 0, width, height).data };
}

/** The brightness of a picture, as colorization preserves it: 0.2989 red + 0.587 green + 0.114 blue. */
export function greyOf({ width, height, rgba }: Frame): Frame {
  const grey = new Uint8ClampedArray(rgba.length).fill(255);
  for (let byte = 0; byte < rgba.length; byte += 4) {
    const luma = 0.2989 * (rgba[byte] ?? 0) + 0.587 * (rgba[byte + 1] ?? 0) + 0.114 * (rgba[byte + 2] ?? 0);
    grey.fill(luma, byte, byte + 3);
  }
  return { width, height, rgba: grey };
}

/** Shrinks a picture by a whole factor, averaging blocks. */
export function averageBlocks({ width, height, rgba }: Frame, factor: number): Frame {
  const small = { width: Math.floor(width / factor), height: Math.floor(height / factor) };
  const averages = new Uint8ClampedArray(4 * small.width * small.height).fill(255);
  for (let pixel = 0; pixel < small.width * small.height; pixel += 1) {
    const top = factor * Math.floor(pixel / small.width);
    const left = factor * (pixel % small.width);
    for (let channel = 0; channel < 3; channel += 1) {
      let sum = 0;
      for (let inBlock = 0; inBlock < factor * factor; inBlock += 1) {
        const row = top + Math.floor(inBlock / factor);
        const column = left + (inBlock % factor);
        sum += rgba[4 * (row * width + column) + channel] ?? 0;
      }
      averages[4 * pixel + channel] = sum / factor ** 2;
    }
  }
  return { ...small, rgba: averages };
}
