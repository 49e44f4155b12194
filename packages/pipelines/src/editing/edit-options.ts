import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { OutputType } from "../sampling/generate-options.ts";
import {
  type ClassConditionalGenerateOptions,
  classConditionalOptionNames,
} from "../unconditional/unet-2d-pipeline.ts";
import type { ResizeMode } from "./fit-images.ts";
import type { ImageInput } from "./images.ts";

/**
 * The `generate` options of every editing pipeline: those of `ConsistencyModelPipeline.generate`, and the images.
 *
 * `batchSize` defaults to the number of images, labels, generators or latents. Pass `classLabels` for class-conditional
 * models: a random class is usually wrong for the image.
 */
export interface EditOptions<Output extends OutputType = OutputType>
  extends ClassConditionalGenerateOptions<Output> {
  /** One image for the whole batch, or one per item. */
  readonly image: ImageInput;
  /** How to resize images to the model's size; `"default"` stretches them. */
  readonly resizeMode?: ResizeMode | undefined;
}

/** The names of {@link EditOptions}. */
export const editOptionNames: OptionNames<EditOptions> = {
  ...classConditionalOptionNames,
  image: true,
  resizeMode: true,
};

/** @throws InvalidArgumentError if it is not a whole number from 1 to `maximum`. */
export function requireSteps(numInferenceSteps: number, maximum: number): number {
  if (Number.isInteger(numInferenceSteps) && numInferenceSteps >= 1 && numInferenceSteps <= maximum) {
    return numInferenceSteps;
  }
  throw new InvalidArgumentError({
    subject: "numInferenceSteps",
    found: describeValue(numInferenceSteps),
    expected: `a whole number from 1 to ${maximum}`,
    remedy: "The model was trained on no more noise levels.",
  });
}

/** The default of `strength`; see `ConsistencyModelImg2ImgOptions.strength`. */
const defaultStrength = 0.6;

/** @throws InvalidArgumentError unless it is above 0 and at most 1. */
export function requireStrength(strength: number = defaultStrength): number {
  if (strength > 0 && strength <= 1) return strength;
  throw new InvalidArgumentError({
    subject: "strength",
    found: describeValue(strength),
    expected: "a number above 0, up to 1",
    remedy: "Use a small one to stay close to the image, 1 to leave it behind.",
  });
}
