import { fromImageData, type Pixels } from "../pixels.ts";
import { type CompressedImage, checkPixelCount, damagedImage } from "./compressed-image.ts";

/**
 * Decodes a JPEG or WebP with the browser's decoder: EXIF orientation is applied, colour profiles are converted to
 * sRGB, transparency is blended onto white, and only the first frame of an animation is read.
 *
 * @throws ImageError if the file is damaged, or has too many pixels.
 */
export async function decodeCompressed(image: CompressedImage): Promise<Pixels> {
  const bytes = image.bytes as Uint8Array<ArrayBuffer>;
  const blob = new Blob([bytes], { type: `image/${image.format}` });
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none" });
  } catch (cause) {
    throw damagedImage(image, cause);
  }
  try {
    const { width, height } = bitmap;
    checkPixelCount(image, { width, height });
    const context = new OffscreenCanvas(width, height).getContext("2d");
    if (context === null) throw damagedImage(image, "no canvas to read it from");
    context.drawImage(bitmap, 0, 0);
    return fromImageData(context.getImageData(0, 0, width, height));
  } finally {
    bitmap.close();
  }
}
