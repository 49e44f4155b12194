import { type RasterImage, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { expectOutput, type GoldenOutput, readArguments } from "./__fixtures__/golden-call.ts";
import goldens from "./__fixtures__/image-processor.json" with { type: "json" };
import type { LatentAutoencoder } from "./components.ts";
import { decodeLatents, readImages, readMask, toRgb } from "./latent-images.ts";
import { cropImage, cropRegionOf, resizeAndCrop, resizeAndFill } from "./mask-crop.ts";

/** What Python's options say. */
interface ResizeOptions {
  readonly height?: number;
  readonly width?: number;
  readonly resize_mode?: "fill" | "crop";
  readonly crops_coords?: readonly [number, number, number, number];
}

interface ImageGolden {
  readonly image: unknown;
  readonly range?: string;
  readonly options: ResizeOptions;
  readonly output: GoldenOutput;
}

/** An image of a recipe: a file, or noise. */
async function imageOf(image: unknown): Promise<RasterImage | Tensor<"float32">> {
  const recipe = typeof image === "string" ? { png: image } : image;
  return (await readArguments({ image: recipe }))["image"] as RasterImage;
}

function sizeOf({ height, width }: ResizeOptions): { readonly size?: { height: number; width: number } } {
  return height === undefined || width === undefined ? {} : { size: { height, width } };
}

const latent = { args: { output_type: "latent" } };

describe("images", () => {
  const cases = goldens.preprocess as unknown as readonly ImageGolden[];

  it.each(cases)("$image, $options $range", async ({ image, range, options, output }) => {
    const read = { latentChannels: 4, factor: 8, ...sizeOf(options) };
    const given = await imageOf(image);
    if (range !== undefined) {
      // Python takes numbers below 0 as they are, with a warning; here they are refused, as they may be a mistake.
      const shifted = (given as Tensor<"float32">).mul(2).sub(1);
      expect(() => readImages("image", shifted, read)).toThrow(/Scale the pixels to \[0, 1\]/);
      return;
    }
    const { resize_mode: mode, crops_coords: crop } = options;
    const raster = given as RasterImage;
    const [left = 0, top = 0, right = 0, bottom = 0] = crop ?? [];
    const prepared =
      crop !== undefined
        ? cropImage(toRgb(raster), { left, top, right, bottom })
        : mode === "fill"
          ? resizeAndFill(toRgb(raster), read.size as never)
          : mode === "crop"
            ? resizeAndCrop(toRgb(raster), read.size as never)
            : given;
    expectOutput(readImages("image", prepared, read), { output, ...latent });
  });
});

describe("masks", () => {
  const cases = goldens.mask as unknown as readonly ImageGolden[];

  it.each(cases)("$image, $options", async ({ image, options, output }) => {
    const given = await imageOf(image);
    const [, , height = 0, width = 0] = output.shape;
    expectOutput(readMask("maskImage", given, sizeOf(options).size ?? { height, width }), {
      output,
      ...latent,
    });
  });

  it.each(goldens.cropRegion)(
    "the region of $mask for $width x $height with $pad around it",
    async (golden) => {
      const { mask, width, height, pad, box } = golden;
      const grey = (await imageOf(mask)) as RasterImage;
      const { left, top, right, bottom } = cropRegionOf(grey, { width, height }, pad);
      expect([left, top, right, bottom]).toEqual(box);
    },
  );
});

describe("decoded images", () => {
  const types = { pt: "latent", np: "np", pil: "pil" } as const;

  it.each(goldens.postprocess)("as $outputType", async ({ outputType, output }) => {
    const { randn, firstFive } = goldens.postprocessInput;
    const sample = (await readArguments({ x: { randn } }))["x"] as Tensor<"float32">;
    sample.data.set(firstFive);
    const vae = {
      config: { scalingFactor: 1, latentChannels: 4 },
      decode: async () => ({ sample }),
    } as unknown as LatentAutoencoder;
    const type = types[outputType as keyof typeof types];
    const latentSpace = { vae, upcast: false, mean: null, std: null, safetyChecker: null };
    const made = await decodeLatents(
      latentSpace,
      Tensor.zeros([1]),
      type === "pil" ? "image" : "tensor",
      undefined,
    );
    expectOutput(made.images, { output, args: { output_type: type } });
  });
});
