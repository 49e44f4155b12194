import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatConfig } from "@onestep/core/files";
import { listUNet2DModelWeights, type UNet2DModelConfig } from "@onestep/models";

/** What {@link writePipeline} writes. */
export interface PipelineToWrite {
  /** The class of the pipeline. */
  readonly className: string;
  readonly unet: UNet2DModelConfig;
  /** The content of `scheduler_config.json`. */
  readonly scheduler: Readonly<Record<string, unknown>> & { readonly _class_name: string };
  /** The numbers of an array of the model. Called in the order of their names; zeros where it is left out. */
  readonly fill?: (name: string, shape: readonly number[]) => Float32Array;
}

/** Writes the folder of a pipeline, as diffusers does. */
export async function writePipeline(
  folder: string,
  { className, unet, scheduler, fill = zeros }: PipelineToWrite,
): Promise<void> {
  await mkdir(join(folder, "unet"), { recursive: true });
  await mkdir(join(folder, "scheduler"), { recursive: true });
  await writeFile(join(folder, "unet", "config.json"), formatConfig(unet));
  await writeFile(join(folder, "unet", "diffusion_pytorch_model.safetensors"), safetensors(unet, fill));
  await writeFile(join(folder, "scheduler", "scheduler_config.json"), JSON.stringify(scheduler));
  await writeFile(
    join(folder, "model_index.json"),
    JSON.stringify({
      _class_name: className,
      scheduler: ["diffusers", scheduler._class_name],
      unet: ["diffusers", "UNet2DModel"],
    }),
  );
}

function safetensors(unet: UNet2DModelConfig, fill: NonNullable<PipelineToWrite["fill"]>): Uint8Array[] {
  const header: Record<string, unknown> = {};
  const arrays: Uint8Array[] = [];
  let position = 0;
  const weights = [...listUNet2DModelWeights(unet)].sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const { name, shape } of weights) {
    const array = new Uint8Array(fill(name, shape).buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [position, position + array.length] };
    position += array.length;
    arrays.push(array);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  return [new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer), text, ...arrays];
}

function zeros(_name: string, shape: readonly number[]): Float32Array {
  return new Float32Array(shape.reduce((product, dimension) => product * dimension, 1));
}
