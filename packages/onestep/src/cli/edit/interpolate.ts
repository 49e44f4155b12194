import { ConsistencyModelInterpolationPipeline, type ResizeMode } from "@onestep/pipelines";
import { parseBigIntegers, parseCount, parseNumber } from "../arguments/parse-values.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { Edit, PreparedEdit } from "./edit.ts";
import { readImageFile } from "./read-image-file.ts";

/** `onestep edit interpolate`. */
export const interpolate: Edit = {
  defaultSteps: 4,
  hasOwnSeeds: true,
  async prepare(parsed) {
    const text = parsed.text("frames");
    const frames = text === undefined ? 8 : parseCount("frames", text);
    return parsed.positionals.length === 0 ? betweenSeeds(parsed, frames) : betweenImages(parsed, frames);
  },
};

function betweenSeeds(parsed: ParsedArguments, frames: number): PreparedEdit {
  const [first, last, ...rest] = parseBigIntegers("seed", parsed.texts("seed")) ?? [];
  if (first === undefined || last === undefined || rest.length > 0) {
    throw new UsageError("There is nothing to go between: name two images, or two seeds as --seed 1,2.");
  }
  if (parsed.has("strength")) throw new UsageError("--strength has no meaning between seeds.");
  return {
    imageCount: frames,
    run: (pipe, { classLabels, numInferenceSteps, timesteps, onProgress, signal }) =>
      ConsistencyModelInterpolationPipeline.fromPipe(pipe).generate({
        ...{ seeds: [first, last], frames },
        ...{ classLabels, numInferenceSteps, timesteps, onProgress, signal },
      }),
  };
}

async function betweenImages(parsed: ParsedArguments, frames: number): Promise<PreparedEdit> {
  if (parsed.positionals.length !== 2) {
    throw new UsageError(`There are ${parsed.positionals.length} images to go between: name two.`);
  }
  if (parsed.has("timesteps"))
    throw new UsageError("--timesteps has no meaning between images: give --steps.");
  if ((parseBigIntegers("seed", parsed.texts("seed"))?.length ?? 1) > 1) {
    throw new UsageError("--seed: found several, expected one: all images on the way share their noise.");
  }
  const text = parsed.text("strength");
  const strength = text === undefined ? undefined : parseNumber("strength", text);
  const images = await Promise.all(parsed.positionals.map(readImageFile));
  const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
  return {
    imageCount: frames,
    run: (pipe, { classLabels, numInferenceSteps, generator, seed, onProgress, signal }) =>
      ConsistencyModelInterpolationPipeline.fromPipe(pipe).generate({
        ...{ images, frames, strength, resizeMode },
        ...{ classLabels, numInferenceSteps, generator, seed, onProgress, signal },
      }),
  };
}
