import type { RasterImage, Tensor } from "@onestep/core";
import { toCamelCase } from "@onestep/core/internal";

import { UNet2DConditionModel } from "@onestep/models";
import { type LCMScheduler, schedulerClasses } from "@onestep/schedulers";
import { afterAll, describe, expect, it } from "vitest";
import type { DiffusionPipelineBase } from "../pipeline.ts";
import { expectOutput, type GoldenCall, readArguments, textFile } from "./__fixtures__/golden-call.ts";
import goldens from "./__fixtures__/pipelines.json" with { type: "json" };
import {
  LatentConsistencyModelImg2ImgPipeline,
  LatentConsistencyModelPipeline,
} from "./latent-consistency-model-pipeline.ts";
import {
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./stable-diffusion-pipeline.ts";
import {
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLInpaintPipeline,
  StableDiffusionXLPipeline,
} from "./stable-diffusion-xl-pipeline.ts";

const isBrowser = "document" in globalThis;

type AnyPipeline = DiffusionPipelineBase & {
  generate(options: object): Promise<{ readonly images: Tensor<"float32"> | readonly RasterImage[] }>;
};

const classes: Readonly<
  Record<string, { fromPretrained(source: URL, options: object): Promise<AnyPipeline> }>
> = {
  LatentConsistencyModelPipeline,
  LatentConsistencyModelImg2ImgPipeline,
  StableDiffusionPipeline,
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionXLPipeline,
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLInpaintPipeline,
} as never;

const all = goldens.calls as unknown as readonly GoldenCall[];
/** A page makes some of each repository's, since they take WebAssembly minutes; Node makes all. */
const calls = isBrowser ? all.filter((_, index) => index % 9 === 0) : all;
const groups = [...new Set(calls.map((call) => loadKey(call)))];
const loaded = new Map<string, Promise<AnyPipeline>>();

afterAll(async () => {
  for (const pipe of loaded.values()) await (await pipe).dispose();
});

function loadKey({ folder, load = {} }: GoldenCall): string {
  return `${folder} ${JSON.stringify(load)}`;
}

describe.each(groups)("%s", (group) => {
  const own = calls.filter((call) => loadKey(call) === group);

  it.each(own)("$id: $class makes diffusers' images", async (call) => {
    const pipe = await open(call);
    const seen: number[] = [];
    const options = {
      ...(await readArguments(call.args)),
      onProgress: (event: { readonly type: string; readonly timestep?: number }) => {
        if (event.type === "step-end") seen.push(event.timestep as number);
      },
    };
    const { images } = await pipe.generate(options);
    expect(seen).toEqual(call.timesteps.map((timestep) => expect.closeTo(timestep, 3)));
    expectOutput(images, call);
  });
});

/** Pipelines of one folder share the models; each call has its own scheduler. */
async function open(call: GoldenCall): Promise<AnyPipeline> {
  const key = loadKey(call);
  const source = textFile(`${call.folder}/`);
  const { unet, ...load } = call.load ?? {};
  const opening =
    loaded.get(`${key} ${call.class}`) ??
    (async () => {
      const other =
        unet === undefined
          ? {}
          : {
              unet: await UNet2DConditionModel.fromPretrained(textFile(`${String(unet)}/`), {
                variant: "fp16",
                threads: 1,
              }),
            };
      // The other UNet alone has the variant.
      const options = Object.entries(load).filter(([name]) => name === "variant" && unet === undefined);
      return (classes[call.class] as (typeof classes)[string]).fromPretrained(source, {
        ...Object.fromEntries(options),
        ...other,
        threads: 1,
      });
    })();
  loaded.set(`${key} ${call.class}`, opening);
  const pipe = await opening;
  const original = originals.get(pipe) ?? pipe.scheduler;
  originals.set(pipe, original);
  pipe.scheduler = original;
  if (call.scheduler !== undefined) {
    const { class: name, config } = call.scheduler;
    const changes = Object.entries(config).map(([field, value]) => [toCamelCase(field), value]);
    const schedulerClass = schedulerClasses.find(({ className }) => className === name);
    const made: unknown = (schedulerClass as typeof LCMScheduler | undefined)?.fromConfig(
      original.config,
      Object.fromEntries(changes),
    );
    pipe.scheduler = made as AnyPipeline["scheduler"];
  }
  return pipe;
}

const originals = new Map<AnyPipeline, AnyPipeline["scheduler"]>();
