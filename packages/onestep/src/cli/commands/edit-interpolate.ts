import type { ResizeMode } from "@onestep/pipelines";
import {
  editOptions,
  imagePositional,
  resizeModeOption,
  timestepsOption,
} from "../arguments/image-options.ts";
import { type ParsedArguments, UsageError } from "../arguments/parse-arguments.ts";
import { parseBigIntegers, parseCount, parseNumber } from "../arguments/parse-values.ts";
import type { Command, Invocation } from "../command.ts";
import type { PreparedEdit } from "../images/edit-images.ts";

/** `onestep edit interpolate`. */
export const editInterpolateCommand: Command = {
  name: "edit interpolate",
  summary: "Interpolate between two images or seeds",
  description: [
    "Between two images, or between the two seeds of --seed. The first and the last result are the images themselves, or what `onestep generate` makes of the seeds.",
  ],
  positionals: [
    {
      ...imagePositional,
      required: false,
      description:
        "Two images: PNG, JPEG or WebP. Leave them out to interpolate between the two seeds of --seed",
    },
  ],
  options: [
    {
      name: "frames",
      value: "count",
      description: "How many images, both ends included (default: 8)",
    },
    {
      name: "strength",
      value: "number",
      description:
        "Between images: how much the model contributes at the midpoint, above 0 to 1 (default: 0.6)",
    },
    resizeModeOption,
    {
      name: "steps",
      value: "count",
      description: "How many steps (default: 4 between images, 1 between seeds)",
    },
    {
      ...timestepsOption,
      description:
        "Between seeds: which steps, instead of --steps: descending indices into the training grid, such as 22,0",
    },
    ...editOptions,
  ],
  examples: [
    "edit interpolate --seed 1,2 --class-label fox --frames 10 --grid 10",
    'edit interpolate apple.png other.jpg --class-label "red apple" --seed 0',
  ],
  async run(invocation) {
    const { editImages } = await import("../images/edit-images.ts");
    await editImages(invocation, {
      defaultSteps: 4,
      hasOwnSeeds: true,
      async prepare(parsed) {
        const text = parsed.text("frames");
        const frames = text === undefined ? 8 : parseCount("frames", text);
        return parsed.positionals.length === 0
          ? betweenSeeds(parsed, frames)
          : betweenImages(invocation, frames);
      },
    });
  },
};

async function betweenSeeds(parsed: ParsedArguments, frames: number): Promise<PreparedEdit> {
  const [first, last, ...rest] = parseBigIntegers("seed", parsed.texts("seed")) ?? [];
  if (first === undefined || last === undefined || rest.length > 0) {
    throw new UsageError("Nothing to interpolate: pass two images, or --seed 1,2.");
  }
  if (first === last) {
    throw new UsageError(
      `--seed: found ${first} twice, expected two different seeds to interpolate between.`,
    );
  }
  if (parsed.has("strength")) throw new UsageError("--strength has no meaning between seeds.");
  const { ConsistencyModelInterpolationPipeline } = await import("@onestep/pipelines");
  return {
    imageCount: frames,
    run: (pipe, { classLabels, numInferenceSteps, timesteps, onProgress, signal }) =>
      ConsistencyModelInterpolationPipeline.fromPipe(pipe).generate({
        ...{ seeds: [first, last], frames },
        ...{ classLabels, numInferenceSteps, timesteps, onProgress, signal },
      }),
  };
}

async function betweenImages(invocation: Invocation, frames: number): Promise<PreparedEdit> {
  const { arguments: parsed } = invocation;
  if (parsed.positionals.length !== 2) {
    throw new UsageError(`Expected 2 images, got ${parsed.positionals.length}.`);
  }
  if (parsed.has("timesteps"))
    throw new UsageError("--timesteps has no meaning between images: give --steps.");
  if ((parseBigIntegers("seed", parsed.texts("seed"))?.length ?? 1) > 1) {
    throw new UsageError("--seed: found several, expected one: all frames share their noise.");
  }
  const text = parsed.text("strength");
  const strength = text === undefined ? undefined : parseNumber("strength", text);
  if (frames < 3) {
    throw new UsageError(
      `--frames: found ${frames}, expected at least 3: the first and the last are the images themselves.`,
    );
  }
  const [{ readImages }, { ConsistencyModelInterpolationPipeline }] = await Promise.all([
    import("../images/edit-images.ts"),
    import("@onestep/pipelines"),
  ]);
  const { image: images } = await readImages(invocation);
  const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
  return {
    imageCount: frames,
    images,
    run: (pipe, { classLabels, numInferenceSteps, generator, seed, onProgress, signal }) =>
      ConsistencyModelInterpolationPipeline.fromPipe(pipe).generate({
        ...{ images, frames, strength, resizeMode },
        ...{ classLabels, numInferenceSteps, generator, seed, onProgress, signal },
      }),
  };
}
