import type { AutoencoderKL, UNet2DModel } from "@onestep/models";
import { expectTypeOf, it } from "vitest";
import {
  type ConsistencyModelInpaintPipeline,
  ConsistencyModelPipeline,
  type StableDiffusionPipeline,
} from "./index.ts";

type Loaded<Loader extends (...options: never[]) => Promise<unknown>> = Awaited<ReturnType<Loader>>;

it("fromPretrained gives its class, also by way of ReturnType", () => {
  expectTypeOf<
    Loaded<typeof ConsistencyModelPipeline.fromPretrained>
  >().toEqualTypeOf<ConsistencyModelPipeline>();
  expectTypeOf<
    Loaded<typeof StableDiffusionPipeline.fromPretrained>
  >().toEqualTypeOf<StableDiffusionPipeline>();
  expectTypeOf<
    Loaded<typeof ConsistencyModelInpaintPipeline.fromPretrained>
  >().toEqualTypeOf<ConsistencyModelInpaintPipeline>();
  expectTypeOf<Loaded<typeof UNet2DModel.fromPretrained>>().toEqualTypeOf<UNet2DModel>();
  expectTypeOf<Loaded<typeof AutoencoderKL.fromPretrained>>().toEqualTypeOf<AutoencoderKL>();
});

it("fromPretrained of a class of one's own gives that class", () => {
  class Own extends ConsistencyModelPipeline {
    readonly extra: number = 1;
  }
  const load = () => Own.fromPretrained("a/b", { device: "cpu" });
  expectTypeOf<Awaited<ReturnType<typeof load>>>().toEqualTypeOf<Own>();
  expectTypeOf<{ torch_dtype: "float16" }>().not.toExtend<
    NonNullable<Parameters<typeof ConsistencyModelPipeline.fromPretrained>[1]>
  >();
});
