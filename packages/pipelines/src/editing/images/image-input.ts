import type { RasterImage, Tensor } from "@onestep/core";

/**
 * Images to edit: one, several, or float32 [batch, channels, height, width] in [0, 1]. Grey images are spread over the
 * channels of a model for colour. One image serves a whole batch.
 */
export type ImageInput = RasterImage | readonly RasterImage[] | Tensor<"float32">;

/**
 * What is done with an image of another size than the model's, as diffusers' image processors call it:
 *
 * - `"default"`: it is stretched to the model's size.
 * - `"crop"`: it is scaled until it covers the model's size, and cut off on both sides alike.
 * - `"fill"`: it is scaled until it fits, and its outermost pixels are repeated up to the edge.
 *
 * Scaling is bicubic with antialiasing; see `resizeTensor`. An image of the model's size is taken as it is.
 */
export type ResizeMode = "default" | "crop" | "fill";
