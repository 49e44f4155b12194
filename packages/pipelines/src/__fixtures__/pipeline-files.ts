import { elementCount } from "@onestep/core/internal";
import { formatConfig } from "@onestep/core/internal/files";
import { listUNet2DModelWeights, type UNet2DModelConfig } from "@onestep/models";

/** A pipeline that is to be written. */
export interface PipelineToWrite {
  /** The class of the pipeline. */
  readonly className: string;
  readonly unet: UNet2DModelConfig;
  /** The content of `scheduler_config.json`. */
  readonly scheduler: Readonly<Record<string, unknown>> & { readonly _class_name: string };
  /** The numbers of an array of the model. Called in the order of their names; zeros where it is left out. */
  readonly fill?: (name: string, shape: readonly number[]) => Float32Array;
  /** More entries of `model_index.json`. */
  readonly index?: Readonly<Record<string, unknown>>;
}

/** The files of a pipeline by their paths, in pieces, as diffusers saves them. */
export function pipelineFiles({
  className,
  unet,
  scheduler,
  fill = zeros,
  index: more,
}: PipelineToWrite): Readonly<Record<string, readonly Uint8Array<ArrayBuffer>[]>> {
  const index = {
    _class_name: className,
    scheduler: ["diffusers", scheduler._class_name],
    unet: ["diffusers", "UNet2DModel"],
    ...more,
  };
  return {
    "model_index.json": [encode(JSON.stringify(index))],
    "scheduler/scheduler_config.json": [encode(JSON.stringify(scheduler))],
    "unet/config.json": [encode(formatConfig(unet))],
    "unet/diffusion_pytorch_model.safetensors": safetensors(unet, fill),
  };
}

function safetensors(
  unet: UNet2DModelConfig,
  fill: NonNullable<PipelineToWrite["fill"]>,
): Uint8Array<ArrayBuffer>[] {
  const header: Record<string, unknown> = {};
  const arrays: Uint8Array<ArrayBuffer>[] = [];
  let position = 0;
  const weights = [...listUNet2DModelWeights(unet)].sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const { name, shape } of weights) {
    const array = Uint8Array.from(new Uint8Array(fill(name, shape).buffer));
    header[name] = { dtype: "F32", shape, data_offsets: [position, position + array.length] };
    position += array.length;
    arrays.push(array);
  }
  const text = encode(JSON.stringify(header));
  return [new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer), text, ...arrays];
}

function zeros(_name: string, shape: readonly number[]): Float32Array {
  return new Float32Array(elementCount(shape));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
