import { InvalidArgumentError } from "@onestep/core";
import { describeValue, type OptionNames } from "@onestep/core/internal";
import type { OutputType } from "../sampling/generate-options.ts";
import {
  type ClassConditionalGenerateOptions,
  classConditionalOptionNames,
} from "../unconditional/unet-2d-pipeline.ts";
import type { ResizeMode } from "./fit-images.ts";
import type { ImageInput } from "./images.ts";

/**
 * Options of `generate` of every pipeline that edits images; those of `ConsistencyModelPipeline.generate`, and the images.
 *
 * `batchSize` is by default as many as there are images, labels, generators or latents. `classLabels` should be given for
 * models with classes: what is drawn at random will hardly be what the image shows.
 */
export interface EditOptions<Output extends OutputType = OutputType>
  extends ClassConditionalGenerateOptions<Output> {
  /** One image for the whole batch, or one for each item. */
  readonly image: ImageInput;
  /** What is done with images of another size than the model's; `"default"` stretches them. */
  readonly resizeMode?: ResizeMode | undefined;
}

/** The names of {@link EditOptions}. */
export const editOptionNames: OptionNames<EditOptions> = {
  ...classConditionalOptionNames,
  image: true,
  resizeMode: true,
};

/** @throws InvalidArgumentError where it is not a whole number from 1 to `maximum`. */
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

/** @throws InvalidArgumentError where it is not above 0, up to 1. */
export function requireStrength(strength: number = defaultStrength): number {
  if (strength > 0 && strength <= 1) return strength;
  throw new InvalidArgumentError({
    subject: "strength",
    found: describeValue(strength),
    expected: "a number above 0, up to 1",
    remedy: "Use a small one to stay close to the image, 1 to leave it behind.",
  });
}
