import type { Tensor } from "@onestep/core";

/** What is known of the images that an edit makes, and how it gets into them. */
export interface KnownContent {
  /** A prediction from -1 to 1 with what is known put in its place (arXiv:2303.01469, algorithm 4, line 9). */
  replace(denoised: Tensor<"float32">): Tensor<"float32">;
  /** The finished pixels, within 0 to 1, with what is known in them as exactly as that range allows. */
  finish(pixels: Tensor<"float32">): Tensor<"float32">;
}
