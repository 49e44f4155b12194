import { OnestepError, setWarningHandler, type Tensor } from "@onestep/core";
import { afterAll, afterEach, beforeEach } from "vitest";
import {
  type StableDiffusionGenerateOptions,
  StableDiffusionPipeline,
} from "../stable-diffusion-pipeline.ts";
import { StableDiffusionXLPipeline } from "../stable-diffusion-xl-pipeline.ts";
import { removeChanged } from "./changed-repository.ts";
import { textFile } from "./golden-call.ts";

export const load = { threads: 1 } as const;
export const fox = "a photo of a red fox in the snow";

export const quick = { numInferenceSteps: 2, height: 64, width: 64, outputType: "tensor" } as const;
const disposals: (() => Promise<void>)[] = [];

/** A pipeline that is disposed of after the tests of the file. */
export async function open<Pipe extends { dispose(): Promise<void> }>(loading: Promise<Pipe>): Promise<Pipe> {
  const pipe = await loading;
  disposals.push(() => pipe.dispose());
  return pipe;
}

export const sd15 = open(StableDiffusionPipeline.fromPretrained(textFile("sd15-tiny/"), load));
export const sdxl = open(StableDiffusionXLPipeline.fromPretrained(textFile("sdxl-tiny/"), load));

afterAll(async () => {
  for (const dispose of disposals) await dispose();
  await removeChanged();
}, 60_000);

/** What the test that runs was warned of. */
export const warnings: string[] = [];

beforeEach(() => {
  warnings.length = 0;
  setWarningHandler(({ message }) => {
    warnings.push(message);
  });
});
afterEach(() => {
  setWarningHandler(undefined);
});

/** The values of an image of two steps. */
export async function draw(
  pipe: {
    generate(options: StableDiffusionGenerateOptions<"tensor">): Promise<{ images: Tensor<"float32"> }>;
  },
  options: StableDiffusionGenerateOptions = {},
): Promise<Float32Array> {
  const { images } = await pipe.generate({
    prompt: fox,
    seed: 0,
    ...quick,
    ...options,
    outputType: "tensor",
  });
  return images.data;
}

/** What it fails with. */
export async function failure(promise: Promise<unknown>): Promise<OnestepError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OnestepError) return error;
    throw error;
  }
  throw new Error("it succeeded");
}
