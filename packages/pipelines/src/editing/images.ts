import { describeValue, ImageError, InvalidArgumentError, type ResizeOptions, Tensor } from "@onestep/core";
import { fitImages } from "./fit-images.ts";
import type { ImageInput, ResizeMode } from "./image-input.ts";
import { listImages } from "./list-images.ts";

/** What images are brought to. */
export interface ImageTarget {
  /** The option, for messages. */
  readonly subject: string;
  readonly size: ResizeOptions;
  readonly channels: number;
  readonly resizeMode?: ResizeMode | undefined;
  /** Whether noise lies on the images: values may be beyond 0 to 1 then, and the size must be right. */
  readonly isNoisy?: boolean;
}

/** Images as a model takes them. */
export interface PreparedImages {
  /** float32 [images, channels, height, width] in [0, 1]. */
  readonly pixels: Tensor<"float32">;
  /** The size that each had before. */
  readonly originalSizes: readonly ResizeOptions[];
}

/**
 * The images of an option in one size and number of channels.
 *
 * @throws InvalidArgumentError where there is none, or the resize mode is unknown.
 * @throws ImageError where an image has channels that the model does not take, or pixels that are no numbers.
 */
export function prepareImages(input: ImageInput, target: ImageTarget): PreparedImages {
  const { subject, size, channels, isNoisy = false } = target;
  const mode = checkResizeMode(target.resizeMode);
  const originalSizes: ResizeOptions[] = [];
  const images = listImages(subject, input, { isUnbounded: isNoisy }).map((image, index) => {
    const [, found = 0, height = 0, width = 0] = image.shape;
    originalSizes.push({ height, width });
    if (found !== channels && found !== 1) {
      throw new ImageError({
        subject: `${subject} ${index}`,
        found: `${found} channels`,
        expected:
          channels === 1
            ? "1 channel, as the model has"
            : `${channels} channels, as the model has, or 1 for grey`,
        remedy: "Convert the image first.",
      });
    }
    if (isNoisy && (height !== size.height || width !== size.width)) {
      throw new ImageError({
        subject: `${subject} ${index}`,
        found: `${width} x ${height} pixels`,
        expected: `${size.width} x ${size.height}, the size of the model's images`,
        remedy:
          "Noise does not survive resizing: bring the image to that size before the noise, or cut it out.",
      });
    }
    return repeatChannels(fitImages(image, size, mode), channels);
  });
  return { pixels: Tensor.concat(images), originalSizes };
}

/** @throws InvalidArgumentError where it is none. */
export function checkResizeMode(mode: ResizeMode = "default"): ResizeMode {
  if (["default", "crop", "fill"].includes(mode)) return mode;
  throw new InvalidArgumentError({
    subject: "resizeMode",
    found: describeValue(mode),
    expected: '"default", "crop" or "fill"',
    remedy: 'Use "default" to stretch, "crop" to cut off, "fill" to pad.',
  });
}

function repeatChannels(image: Tensor<"float32">, channels: number): Tensor<"float32"> {
  const [, found = 0, height = 0, width = 0] = image.shape;
  if (found === channels) return image;
  const copies = Tensor.concat(new Array<Tensor<"float32">>(channels).fill(image));
  return copies.reshape([1, channels, height, width]);
}
