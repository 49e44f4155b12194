import { type RasterImage, UnsupportedError } from "@onestep/core";
import type { OutputSettings, StoredImage } from "../job.ts";

/** The file endings and media types of the formats. */
const formats = {
  png: { ending: "png", mediaType: "image/png" },
  jpeg: { ending: "jpg", mediaType: "image/jpeg" },
  webp: { ending: "webp", mediaType: "image/webp" },
} as const;

/** The bytes of an image, and what is known about them. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly ending: string;
  readonly mediaType: StoredImage["mediaType"];
}

/**
 * Writes an image as a file's bytes. JPEG and WebP are written by sharp, an optional package.
 *
 * @throws UnsupportedError if sharp is not installed.
 */
export async function encodeImage(
  image: RasterImage,
  { format, quality = 100 }: Pick<OutputSettings, "format" | "quality">,
): Promise<EncodedImage> {
  if (format === "png") return { bytes: await image.toPng(), ...formats.png };
  const { default: sharp } = await importSharp();
  const { data, width, height, channels } = image;
  const pixels = sharp(data, { raw: { width, height, channels } });
  const encoded =
    format === "jpeg"
      ? pixels.flatten({ background: "white" }).jpeg({ quality: Math.max(1, quality) })
      : pixels.webp(quality === 100 ? { lossless: true } : { quality: Math.max(1, quality) });
  return { bytes: await encoded.toBuffer(), ...formats[format] };
}

async function importSharp(): Promise<typeof import("sharp")> {
  try {
    return (await import("sharp")) as unknown as typeof import("sharp");
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "output_format",
        found:
          "a format other than png, and the package sharp, which writes it, is not installed on the server",
        expected: "png",
        remedy: "Ask for png, or install sharp on the server.",
      },
      { cause },
    );
  }
}
