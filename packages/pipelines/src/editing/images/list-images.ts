import { ImageError, InvalidArgumentError, type Pixels, RasterImage, type Tensor } from "@onestep/core";
import type { ImageInput } from "./image-input.ts";

/** What values images may have. */
export interface PixelRange {
  /** Whether values beyond 0 to 1 are allowed, as noise makes them. */
  readonly isUnbounded?: boolean | undefined;
}

/**
 * The images of an option, each as float32 [1, channels, height, width] in [0, 1].
 *
 * @param subject - The option.
 * @throws InvalidArgumentError where there is no image, or something that is none.
 * @throws ImageError where a tensor is not of that shape, or a value is not a number within the range.
 */
export function listImages(
  subject: string,
  input: ImageInput,
  range: PixelRange = {},
): readonly Tensor<"float32">[] {
  if (isTensor(input)) return splitTensor(subject, input, range);
  const images: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (images.length === 0) throw invalid(subject, "an empty list");
  return images.map((image) => {
    if (isPixels(image)) return new RasterImage(image).toTensor();
    throw invalid(subject, image === null ? "null" : typeof image);
  });
}

function splitTensor(
  subject: string,
  tensor: Tensor<"float32">,
  { isUnbounded = false }: PixelRange,
): readonly Tensor<"float32">[] {
  const { dtype, shape, data } = tensor;
  if (dtype !== "float32" || shape.length !== 4 || data.length === 0) {
    throw new ImageError({
      subject,
      found: tensor.describe(),
      expected: "float32 [batch, channels, height, width] with at least one pixel",
      remedy: "Pass pixels in that shape, or RasterImages.",
    });
  }
  const wrong = data.findIndex((value) => !(isUnbounded ? Number.isFinite(value) : value >= 0 && value <= 1));
  if (wrong >= 0) {
    throw new ImageError({
      subject,
      found: `${data[wrong]} as element ${wrong} of ${tensor.describe()}`,
      expected: isUnbounded ? "numbers that are finite" : "values from 0 to 1",
      remedy: "Scale the pixels to [0, 1] first: black is 0 and white 1.",
    });
  }
  return Array.from({ length: shape[0] ?? 0 }, (_, item) => tensor.slice(item, item + 1));
}

/** By its shape, so that tensors and images of another copy of the package are known too. */
function isTensor(input: unknown): input is Tensor<"float32"> {
  return typeof input === "object" && input !== null && "dtype" in input && "shape" in input;
}

function isPixels(value: unknown): value is Pixels {
  return typeof value === "object" && value !== null && "width" in value && "channels" in value;
}

function invalid(subject: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found,
    expected: "a RasterImage, a list of them, or a float32 tensor [batch, channels, height, width] in [0, 1]",
    remedy: "Read a file with `RasterImage.load`, or bytes with `RasterImage.decode`.",
  });
}
