import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatConfig } from "@onestep/core";
import {
  listUNet2DModelWeights,
  type UNet2DModelConfigValues,
  unet2DModelConfigSchema,
} from "@onestep/models";

/** Writes a pipeline folder whose model predicts zero everywhere, since all its weights are zero. */
export async function writeZeroPipeline(
  folder: string,
  changes: Partial<UNet2DModelConfigValues> = {},
): Promise<void> {
  const config = unet2DModelConfigSchema.fromOptions({
    sampleSize: 32,
    layersPerBlock: 1,
    blockOutChannels: [32, 64],
    attentionHeadDim: 8,
    downBlockTypes: ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
    upBlockTypes: ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
    downsampleType: "resnet",
    upsampleType: "resnet",
    ...changes,
  });
  const header: Record<string, unknown> = {};
  let position = 0;
  for (const { name, shape } of listUNet2DModelWeights(config)) {
    const length = 4 * shape.reduce((product, dimension) => product * dimension, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [position, position + length] };
    position += length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
  await mkdir(join(folder, "unet"), { recursive: true });
  await mkdir(join(folder, "scheduler"));
  const weights = [headerLength, text, new Uint8Array(position)];
  await writeFile(join(folder, "unet", "diffusion_pytorch_model.safetensors"), weights);
  await writeFile(join(folder, "unet", "config.json"), formatConfig(config));
  await writeFile(
    join(folder, "scheduler", "scheduler_config.json"),
    JSON.stringify({ _class_name: "CMStochasticIterativeScheduler", num_train_timesteps: 40 }),
  );
  await writeFile(
    join(folder, "model_index.json"),
    JSON.stringify({
      _class_name: "ConsistencyModelPipeline",
      scheduler: ["diffusers", "CMStochasticIterativeScheduler"],
      unet: ["diffusers", "UNet2DModel"],
    }),
  );
}
