import { decodeCompressed } from "#decode-compressed";
import { writeFileAside } from "#write-files";
import { describeValue } from "../config/describe-value.ts";
import { ImageError, InvalidArgumentError, UnsupportedError } from "../errors.ts";
import { isBlob, isUint8Array, isUrl } from "../realm.ts";
import { Tensor } from "../tensor/tensor.ts";
import { detectImageFormat } from "./decode/compressed-image.ts";
import { type ImageGridOptions, makeImageGrid } from "./image-grid.ts";
import { checkPixels, fromImageData, type ImageDataLike, type Pixels, toImageData } from "./pixels.ts";
import { decodePng } from "./png/decode-png.ts";
import { type EncodeImageOptions, encodePng } from "./png/encode-png.ts";

const defaultMaxPixels = 2 ** 26;

/** Options of {@link RasterImage.fromPng} and {@link RasterImage.decode}. */
export interface DecodeImageOptions {
  /** The maximum number of pixels; 2^26 (8192 x 8192) by default. */
  readonly maxPixels?: number | undefined;
}

/**
 * An 8-bit image, RGB or greyscale, with or without alpha. Images read from files have no alpha; generated ones may.
 *
 * @example
 * const { images } = await pipe.generate({ seed: 0 });
 * await images[0]?.save("image.png");
 * const photo = await RasterImage.decode(await readFile("photo.jpg"));
 */
export class RasterImage implements Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Row by row from the top, the channels of a pixel side by side. */
  readonly data: Uint8Array;

  /**
   * Wraps pixels without copying them.
   *
   * @throws ImageError if the size, channels and number of bytes do not match.
   */
  constructor(pixels: Pixels) {
    checkPixels(pixels);
    this.width = pixels.width;
    this.height = pixels.height;
    this.channels = pixels.channels;
    this.data = pixels.data;
  }

  /**
   * Reads a PNG. Samples of fewer than 8 bits are scaled to the full range, 16 bits are truncated to the upper 8,
   * palettes become RGB, transparency is blended onto white, and only the first frame of an animation is read. Colour
   * profiles and gamma are not applied.
   *
   * @throws ImageError if the bytes are not a valid PNG, or the image has too many pixels. Sizes are checked before
   *   memory is allocated.
   * @throws UnsupportedError for interlaced images with fewer than 8 bits per sample.
   * @throws InvalidArgumentError if `maxPixels` is not an integer of at least 1.
   */
  static async fromPng(bytes: Uint8Array, options: DecodeImageOptions = {}): Promise<RasterImage> {
    return new RasterImage(await decodePng(bytes, readMaxPixels(options)));
  }

  /**
   * Reads a PNG (like {@link RasterImage.fromPng}), JPEG or WebP, detected from the bytes. For JPEG and WebP, EXIF
   * orientation is applied, colours are converted to sRGB, transparency is blended onto white, and only the first frame
   * of an animation is read. Browsers decode these two natively; Node uses `sharp`, an optional peer dependency
   * installed with `onestep`.
   *
   * @throws ImageError if the bytes are in none of these formats or damaged, or the image has too many pixels.
   * @throws UnsupportedError if it is a JPEG or WebP and sharp is not installed.
   * @throws InvalidArgumentError if `maxPixels` is not an integer of at least 1.
   */
  static async decode(
    file: Uint8Array | ArrayBuffer | Blob,
    options: DecodeImageOptions = {},
  ): Promise<RasterImage> {
    const maxPixels = readMaxPixels(options);
    return new RasterImage(await decodeImage(await readBytes(file), maxPixels));
  }

  /**
   * An image from an `ImageData` of a canvas or a decoder. Transparency is blended onto white; the colour space is
   * assumed to be sRGB.
   *
   * @throws ImageError if the size and the number of bytes do not match.
   */
  static fromImageData(image: Pick<ImageDataLike, "width" | "height" | "data">): RasterImage {
    return new RasterImage(fromImageData(image));
  }

  /**
   * Images of one size side by side, row by row. The last row may be shorter.
   *
   * @throws InvalidArgumentError if there is no image, or an option is out of range.
   * @throws ImageError if the images differ in size.
   */
  static grid(images: readonly RasterImage[], options: ImageGridOptions): RasterImage {
    return new RasterImage(makeImageGrid(images, options));
  }

  /** The Pillow mode: `"RGB"` or `"L"` (greyscale); with alpha, `"RGBA"` or `"LA"`. */
  get mode(): "L" | "LA" | "RGB" | "RGBA" {
    return ({ 1: "L", 2: "LA", 3: "RGB", 4: "RGBA" } as const)[this.channels];
  }

  /** The pixels as float32 in [0, 1], of shape [1, channels, height, width]. */
  toTensor(): Tensor<"float32"> {
    const { width, height, channels, data } = this;
    const area = width * height;
    const tensor = Tensor.zeros([1, channels, height, width]);
    let index = 0;
    for (let pixel = 0; pixel < area; pixel += 1) {
      for (let position = pixel; position < data.length; position += area) {
        tensor.data[position] = (data[index] ?? 0) / 255;
        index += 1;
      }
    }
    return tensor;
  }

  /**
   * The image as a PNG file.
   *
   * @throws InvalidArgumentError if a text cannot be written.
   */
  async toPng(options: EncodeImageOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return encodePng(this, options);
  }

  /** The image as a PNG in a `Blob` of type `image/png`. */
  async toBlob(options: EncodeImageOptions = {}): Promise<Blob> {
    return new Blob([await this.toPng(options)], { type: "image/png" });
  }

  /** The pixels for a canvas: an `ImageData` if the platform has it, otherwise an object of the same shape. */
  toImageData(): ImageDataLike {
    return toImageData(this);
  }

  /**
   * Writes the image to a PNG file atomically. Node only.
   *
   * @param path - A path or `file:` URL that ends in `.png`. An existing file is replaced.
   * @throws UnsupportedError if the path does not end in `.png`, and on platforms without a file system.
   * @throws FileWriteError if the file cannot be written, for example because its folder is missing.
   * @throws InvalidArgumentError if a text cannot be written.
   */
  async save(path: string | URL, options: EncodeImageOptions = {}): Promise<void> {
    const name = isUrl(path) ? path.pathname : path;
    if (typeof name !== "string") {
      throw new InvalidArgumentError({
        subject: "path",
        found: describeValue(path),
        expected: "a path or a file: URL",
        remedy: "Pass where to save the image.",
      });
    }
    if (!name.toLowerCase().endsWith(".png")) {
      throw new UnsupportedError({
        subject: `save: ${String(path)}`,
        found: "a name that does not end in .png",
        expected: "one that does, for PNG is the format that is written",
        remedy: "Name the file .png, or give `toImageData()` to a library that writes other formats.",
        summary: `${String(path)} cannot be saved: only .png is supported.`,
      });
    }
    await writeFileAside(path, await this.toPng(options));
  }
}

function readMaxPixels({ maxPixels = defaultMaxPixels }: DecodeImageOptions): number {
  if (Number.isSafeInteger(maxPixels) && maxPixels >= 1) return maxPixels;
  throw new InvalidArgumentError({
    subject: "maxPixels",
    found: describeValue(maxPixels),
    expected: "a whole number of at least 1",
    remedy: "Leave it out, or pass how many pixels you accept.",
  });
}

async function readBytes(file: Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> {
  if (isUint8Array(file)) return file;
  if (isBlob(file)) return new Uint8Array(await file.arrayBuffer());
  if (Object.prototype.toString.call(file) === "[object ArrayBuffer]") return new Uint8Array(file);
  throw new InvalidArgumentError({
    subject: "RasterImage.decode",
    found: file === null ? "null" : typeof file,
    expected: "the bytes of a file: a Uint8Array, an ArrayBuffer or a Blob",
    remedy: "Read the file first: `await readFile(path)` of node:fs/promises in Node.",
  });
}

/** Decodes a PNG, JPEG or WebP, detected from the bytes. */
async function decodeImage(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const format = detectImageFormat(bytes);
  if (format === "png") return decodePng(bytes, maxPixels);
  if (format !== undefined) return decodeCompressed({ bytes, format, maxPixels });
  throw new ImageError({
    subject: "image",
    found: bytes.length === 0 ? "an empty file" : `a file that begins with ${describeStart(bytes)}`,
    expected: "a PNG, JPEG or WebP",
    remedy: "Convert the image to one of these.",
  });
}

function describeStart(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
