import { TorchGenerator } from "@onestep/core";
import type { DiffusionPipeline, UNet2DPipeline } from "../diffusion-pipeline.ts";
import { expectReference } from "./expect-reference.ts";
import type reference from "./reference-outputs.json";

type ConsistencyModelRows = (typeof reference)["cm-lsun-like"];

/** Compares images of one, two and four steps with what diffusers made on PyTorch. */
export async function expectConsistencyModelRows(
  pipe: DiffusionPipeline,
  rows: ConsistencyModelRows,
): Promise<void> {
  const hasClasses = (pipe as UNet2DPipeline).unet.config.numClassEmbeds !== null;
  const labels = (...classLabels: number[]) => (hasClasses ? { classLabels } : {});
  const outputType = "tensor";
  const one = await pipe.generate({ ...labels(1), seed: 0, outputType });
  expectReference(one.images, rows.onestep);
  const two = await pipe.generate({ ...labels(1), seed: 0, timesteps: [22, 0], outputType });
  expectReference(two.images, rows.multistep_22_0);
  const generator = [0, 1, 2].map((seed) => new TorchGenerator(seed));
  const four = await pipe.generate({ ...labels(1, 2, 3), generator, numInferenceSteps: 4, outputType });
  expectReference(four.images, rows.steps4_batch3);
}
