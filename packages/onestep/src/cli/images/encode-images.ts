import { type PngText, type RasterImage, UnsupportedError } from "@onestep/core";

/** The formats that images are saved in, by the ending of the name. */
const formats = { ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp" } as const;

/** A format that images are saved in. */
export type ImageFormat = (typeof formats)[keyof typeof formats];

/** The format for a file name; PNG for `-` and no name. */
export function formatOf(out: string | undefined): ImageFormat {
  const ending = /\.[a-z]+$/i.exec(out ?? "")?.[0].toLowerCase() ?? ".png";
  return Object.hasOwn(formats, ending) ? formats[ending as keyof typeof formats] : "png";
}

/**
 * Checks that a format can be written here. PNG always can; the others take sharp, an optional dependency.
 *
 * @throws UnsupportedError if it cannot be.
 */
export async function requireEncoder(out: string | undefined): Promise<void> {
  if (formatOf(out) === "png") return;
  try {
    await import("sharp");
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "--out",
        found: `${JSON.stringify(out)}, and the package sharp, which writes that format, is not installed`,
        expected: "a name that ends in .png",
        remedy: "Name a .png, or run `npm install sharp`.",
      },
      { cause },
    );
  }
}

/** JPEG: close to the original, with colours at full resolution, which edges of drawings need. */
const jpegOptions = { quality: 95, chromaSubsampling: "4:4:4" } as const;

/**
 * The bytes of an image file. PNG and WebP keep every pixel as it is; JPEG does not.
 *
 * @param text - Texts to write into a PNG; other formats have none.
 */
export async function encodeImage(
  image: RasterImage,
  format: ImageFormat,
  text: PngText | undefined,
): Promise<Uint8Array> {
  if (format === "png") return image.toPng({ text });
  const { default: sharp } = await import("sharp");
  const { data, width, height, channels } = image;
  const pixels = sharp(data, { raw: { width, height, channels } });
  return format === "jpeg"
    ? pixels.flatten({ background: "white" }).jpeg(jpegOptions).toBuffer()
    : pixels.webp({ lossless: true }).toBuffer();
}
