import {
  ConsistencyModelPipeline,
  type Tensor,
  TorchGenerator,
  UNet2DModel,
  type UNet2DModelOutput,
} from "onestep";
import type { Task } from "../task.ts";

/** A loaded model and the call that a task repeats. */
export interface PreparedCall {
  call(repeat: number): Promise<unknown>;
  dispose(): Promise<void>;
}

type CallTask = Pick<Task, "checkpoint" | "batchSize" | "threads">;

/** A loaded model, and one pass through it. */
export interface PreparedForward extends PreparedCall {
  readonly parameters: number;
  call(repeat?: number): Promise<UNet2DModelOutput>;
}

/** Loads the model alone; a call is one pass through it. */
export async function prepareForward({ checkpoint, batchSize, threads }: CallTask): Promise<PreparedForward> {
  const unet = await UNet2DModel.fromPretrained(checkpoint, { subfolder: "unet", threads });
  const { inChannels, sampleSize } = unet.config;
  const size = sampleSize as number;
  const sample = new TorchGenerator(0).randn([batchSize, inChannels, size, size]) as Tensor<"float32">;
  const classLabels = chooseClassLabel(unet.config.numClassEmbeds);
  return {
    parameters: unet.parameterCount,
    call: () => unet.forward({ sample, timestep: 1000, classLabels }),
    dispose: () => unet.dispose(),
  };
}

/** Loads the pipeline; a call makes images in one step. */
export async function prepareImages({ checkpoint, batchSize, threads }: CallTask): Promise<PreparedCall> {
  const pipeline = await ConsistencyModelPipeline.fromPretrained(checkpoint, { threads });
  const classLabels = chooseClassLabel(pipeline.unet.config.numClassEmbeds);
  return {
    call: (repeat) => pipeline.generate({ batchSize, classLabels, numInferenceSteps: 1, seed: repeat }),
    dispose: () => pipeline.dispose(),
  };
}

function chooseClassLabel(classes: number | null): number | undefined {
  return classes === null ? undefined : 145 % classes;
}
