import { Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import goldens from "./__fixtures__/text/components.json" with { type: "json" };
import {
  expectGolden,
  type GoldenTensor,
  type RandnRecipe,
  randn,
  textCheckpoint,
} from "./__fixtures__/text-goldens.ts";
import { AutoencoderKL } from "./autoencoder-kl/autoencoder-kl.ts";
import { AutoencoderTiny } from "./autoencoder-tiny/autoencoder-tiny.ts";
import { CLIPTextModel, CLIPTextModelWithProjection } from "./clip-text/clip-text-model.ts";
import { UNet2DConditionModel } from "./unet-2d-condition/unet-2d-condition-model.ts";

interface TextEncoderGolden {
  readonly inputIds: readonly (readonly number[])[];
  readonly lastHiddenState: GoldenTensor;
  readonly penultimate: GoldenTensor;
  readonly penultimateNormed: GoldenTensor;
  readonly embeddings: GoldenTensor;
  readonly pooled?: GoldenTensor;
  readonly textEmbeds?: GoldenTensor;
}

interface UNetGolden {
  readonly name: string;
  readonly timestep: number | readonly number[];
  readonly inputs: {
    readonly sample: RandnRecipe;
    readonly encoder_hidden_states: RandnRecipe;
    readonly timestep_cond?: RandnRecipe;
    readonly text_embeds?: RandnRecipe;
    readonly time_ids?: readonly (readonly number[])[];
  };
  readonly output: GoldenTensor;
}

interface ImageRecipe {
  readonly image: { readonly seed: number; readonly shape: readonly number[] };
}

interface VaeGolden {
  readonly class: string;
  readonly decode: readonly {
    readonly latents: RandnRecipe & { readonly times: number };
    readonly output: GoldenTensor;
  }[];
  readonly encode: readonly {
    readonly image: ImageRecipe;
    readonly latents?: GoldenTensor;
    readonly mean?: GoldenTensor;
    readonly logvar?: GoldenTensor;
    readonly sample?: GoldenTensor & { readonly generator: number };
  }[];
  readonly tiled?: {
    readonly decode: { readonly latents: RandnRecipe; readonly output: GoldenTensor };
    readonly encodeMean: { readonly image: ImageRecipe; readonly output: GoldenTensor };
  };
}

interface RepositoryGolden {
  readonly sizes: Readonly<Record<string, { readonly parameters: number }>>;
  readonly textEncoder?: TextEncoderGolden;
  readonly textEncoder2?: TextEncoderGolden;
  readonly unet: readonly UNetGolden[];
  readonly vae?: VaeGolden;
}

const isBrowser = "document" in globalThis;
/** A page runs two, since WebAssembly takes minutes for them; Node runs all. */
const repositories = Object.entries(goldens.pipelines as unknown as Record<string, RepositoryGolden>).filter(
  ([name]) => !isBrowser || ["lcm-tiny", "sdxl-tiny"].includes(name),
);
const options = (subfolder: string) => ({ subfolder, threads: 1 });

describe.each(repositories)("%s", (name, golden) => {
  const source = textCheckpoint(name);
  const { textEncoder, textEncoder2, unet, vae, sizes } = golden;

  if (textEncoder !== undefined) {
    it("encodes texts as transformers", async () => {
      await using model = await CLIPTextModel.fromPretrained(source, options("text_encoder"));
      expect(model.parameterCount).toBe(sizes["text_encoder"]?.parameters);
      await expectTextEncoder(model, textEncoder);
    });
  }

  if (textEncoder2 !== undefined) {
    it("encodes texts by a model with a projection", async () => {
      await using model = await CLIPTextModelWithProjection.fromPretrained(source, options("text_encoder_2"));
      expect(model.parameterCount).toBe(sizes["text_encoder_2"]?.parameters);
      await expectTextEncoder(model, textEncoder2);
    });
  }

  it("predicts as diffusers", async () => {
    const variant = name === "lcm-sdxl-unet-tiny" ? "fp16" : undefined;
    await using model = await UNet2DConditionModel.fromPretrained(source, {
      ...options(name === "lcm-sdxl-unet-tiny" ? "" : "unet"),
      variant,
    });
    expect(model.parameterCount).toBe(sizes["unet"]?.parameters);
    for (const { timestep, inputs, output } of unet) {
      const { text_embeds: textEmbeds, time_ids: timeIds = [], timestep_cond: timestepCond } = inputs;
      const { sample } = await model.forward({
        timestep,
        sample: randn(inputs.sample),
        encoderHiddenStates: randn(inputs.encoder_hidden_states),
        timestepCond: timestepCond && randn(timestepCond),
        addedCondKwargs: textEmbeds && {
          textEmbeds: randn(textEmbeds),
          timeIds: Tensor.from(timeIds.flat(), [timeIds.length, 6]),
        },
      });
      expectGolden(sample, output);
    }
  });

  if (vae === undefined) return;
  const { class: className, decode, encode, tiled } = vae;

  it("decodes and encodes as diffusers", async () => {
    await using model =
      className === "AutoencoderTiny"
        ? await AutoencoderTiny.fromPretrained(source, options("vae"))
        : await AutoencoderKL.fromPretrained(source, options("vae"));
    expect(model.parameterCount).toBe(sizes["vae"]?.parameters);
    for (const { latents, output } of decode) {
      const { sample } = await model.decode(randn(latents).mul(latents.times));
      expectGolden(sample, output);
    }
    for (const { image, mean, logvar, latents, sample } of encode) {
      const encoded = await model.encode(testImage(image).mul(2).add(-1));
      if ("latents" in encoded) expectGolden(encoded.latents, latents as GoldenTensor);
      else {
        expectGolden(encoded.latentDist.mean, mean as GoldenTensor);
        expectGolden(encoded.latentDist.logvar, logvar as GoldenTensor);
        const generator = new TorchGenerator(sample?.generator ?? 0);
        expectGolden(encoded.latentDist.sample(generator), sample as GoldenTensor);
      }
    }
  });

  if (tiled === undefined) return;
  it("decodes and encodes in tiles as diffusers", async () => {
    await using model = await AutoencoderKL.fromPretrained(source, options("vae"));
    model.enableTiling();
    model.enableSlicing();
    const { sample } = await model.decode(randn(tiled.decode.latents));
    expectGolden(sample, tiled.decode.output);
    const image = testImage(tiled.encodeMean.image).mul(2).add(-1);
    expectGolden((await model.encode(image)).latentDist.mean, tiled.encodeMean.output);
  });
});

async function expectTextEncoder(model: CLIPTextModel, golden: TextEncoderGolden): Promise<void> {
  const { inputIds } = golden;
  const last = await model.forward({ inputIds });
  expectGolden(last.lastHiddenState, golden.lastHiddenState);
  if (golden.pooled) expectGolden(last.poolerOutput, golden.pooled);
  if (golden.textEmbeds) expectGolden(last.textEmbeds, golden.textEmbeds);
  const penultimate = await model.forward({ inputIds, layer: -2 });
  expectGolden(penultimate.hiddenState, golden.penultimate);
  expectGolden(penultimate.lastHiddenState, golden.penultimateNormed);
  expectGolden((await model.forward({ inputIds, layer: 0 })).hiddenState, golden.embeddings);
}

function testImage({ image: { seed, shape } }: ImageRecipe): Tensor<"float32"> {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const coarse = [batch, channels, Math.ceil(height / 2), Math.ceil(width / 2)];
  const noise = new TorchGenerator(seed).randn(coarse);
  const data = new Float32Array(batch * channels * height * width);
  for (let index = 0; index < data.length; index += 1) {
    const column = Math.floor((index % width) / 2);
    const row = Math.floor((Math.floor(index / width) % height) / 2);
    const plane = Math.floor(index / (width * height));
    const [, , rows = 0, columns = 0] = coarse;
    const value = noise.data[(plane * rows + row) * columns + column] as number;
    data[index] = Math.min(1, Math.max(0, Math.fround(0.5 + Math.fround(0.25 * value))));
  }
  return new Tensor("float32", data, shape);
}
