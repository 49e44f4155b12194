import type { Sharp, SharpConstructor } from "sharp";
import { UnsupportedError } from "../../errors.ts";
import { fromImageData, type Pixels } from "../pixels.ts";
import { type CompressedImage, checkPixelCount, damagedImage } from "./compressed-image.ts";

/**
 * Decodes a JPEG or WebP with sharp, an optional peer dependency: EXIF orientation is applied, colour profiles are
 * converted to sRGB, transparency is blended onto white, and only the first frame of an animation is read.
 *
 * @throws ImageError if the file is damaged, or its header declares too many pixels.
 * @throws UnsupportedError if sharp is not installed.
 */
export async function decodeCompressed(image: CompressedImage): Promise<Pixels> {
  const sharp = await loadSharp(image);
  const open = (): Sharp => sharp(image.bytes, { limitInputPixels: image.maxPixels });
  let size: { readonly width: number; readonly height: number };
  try {
    // Only the header is read: sharp's own limit would not report the size of the image.
    size = await sharp(image.bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw damagedImage(image, cause);
  }
  checkPixelCount(image, size);
  try {
    const { data, info } = await open()
      .autoOrient()
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return fromImageData({ width: info.width, height: info.height, data: new Uint8ClampedArray(data) });
  } catch (cause) {
    throw damagedImage(image, cause);
  }
}

async function loadSharp({ format }: CompressedImage): Promise<SharpConstructor> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: format.toUpperCase(),
        found: "no decoder: the package sharp is not installed, or has no binaries for this platform",
        expected: "sharp, which decodes such files in Node",
        remedy: "Run `npm install sharp`, or convert the image to PNG, which needs nothing.",
        summary: `Reading ${format.toUpperCase()} files takes the package sharp, which is not installed or has no binaries for this platform.`,
      },
      { cause },
    );
  }
}
