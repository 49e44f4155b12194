import { type UNet2DModelConfigValues, unet2DModelConfigSchema } from "@onestep/models";
import type { PipelineToWrite } from "./pipeline-files.ts";

/** A pipeline whose model predicts zero everywhere, since all its weights are zero. */
export function zeroPipeline(changes: Partial<UNet2DModelConfigValues> = {}): PipelineToWrite {
  const unet = unet2DModelConfigSchema.fromOptions({
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
  const scheduler = { _class_name: "CMStochasticIterativeScheduler", num_train_timesteps: 40 };
  return { className: "ConsistencyModelPipeline", unet, scheduler };
}
