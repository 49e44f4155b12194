import { OnestepError } from "./onestep-error.ts";

/** Something is no image, or not one that can be used: a damaged file, pixels that are no numbers, unequal sizes. */
export class ImageError extends OnestepError {
  static override readonly code: string = "image";
}
