import { elementCount } from "@onestep/core/internal";
import { memoryFile } from "../../__fixtures__/memory-repository.ts";
import type { CheckpointTensor } from "../../checkpoint/checkpoint.ts";

/** A network of `cm/unet.py` by the flags that it is trained with. */
export interface OpenaiNetwork {
  readonly channels: readonly number[];
  readonly layers: number;
  /** Levels with attention, from 0. */
  readonly attentionLevels: readonly number[];
  readonly classes: number | null;
  readonly scaleShift: boolean;
  /** `resblock_updown`. */
  readonly resamplesByBlocks?: boolean;
  readonly outChannels?: number;
}

/** What `scripts/launch.sh` of openai/consistency_models trains for ImageNet 64×64 and for LSUN 256×256. */
export const imagenet64: OpenaiNetwork = {
  channels: [192, 384, 576, 768],
  layers: 3,
  attentionLevels: [1, 2, 3],
  classes: 1000,
  scaleShift: true,
};
export const lsun256: OpenaiNetwork = {
  channels: [256, 256, 512, 512, 1024, 1024],
  layers: 2,
  attentionLevels: [3, 4, 5],
  classes: null,
  scaleShift: false,
};

/** The arrays that such a network's state dict lists, without their numbers. */
export function openaiArrays(network: OpenaiNetwork): Map<string, CheckpointTensor> {
  const { channels, layers, attentionLevels, classes, scaleShift, resamplesByBlocks = true } = network;
  const file = memoryFile("network.pt", new Uint8Array());
  const tensors = new Map<string, CheckpointTensor>();
  const base = channels[0] as number;
  const time = 4 * base;
  let offset = 0;
  const add = (name: string, weight: readonly number[]): void => {
    for (const [kind, shape] of [
      ["weight", weight],
      ["bias", weight.slice(0, 1)],
    ] as const) {
      const length = 4 * elementCount(shape);
      tensors.set(`${name}.${kind}`, { dtype: "float32", shape, file, offset, length });
      offset += length;
    }
  };
  const residual = (place: string, from: number, to: number): void => {
    add(`${place}.in_layers.0`, [from]);
    add(`${place}.in_layers.2`, [to, from, 3, 3]);
    add(`${place}.emb_layers.1`, [scaleShift ? 2 * to : to, time]);
    add(`${place}.out_layers.0`, [to]);
    add(`${place}.out_layers.3`, [to, to, 3, 3]);
    if (from !== to) add(`${place}.skip_connection`, [to, from, 1, 1]);
  };
  const attention = (place: string, width: number): void => {
    add(`${place}.norm`, [width]);
    add(`${place}.qkv`, [3 * width, width, 1, 1]);
    add(`${place}.proj_out`, [width, width, 1, 1]);
  };

  add("time_embed.0", [time, base]);
  add("time_embed.2", [time, time]);
  if (classes !== null) {
    add("label_emb", [classes, time]);
    tensors.delete("label_emb.bias");
  }
  add("input_blocks.0.0", [base, 3, 3, 3]);
  const skips = [base];
  let width = base;
  let block = 1;
  for (const [level, to] of channels.entries()) {
    for (let layer = 0; layer < layers; layer++) {
      residual(`input_blocks.${block}.0`, width, to);
      if (attentionLevels.includes(level)) attention(`input_blocks.${block}.1`, to);
      width = to;
      skips.push(width);
      block++;
    }
    if (level === channels.length - 1) break;
    if (resamplesByBlocks) residual(`input_blocks.${block}.0`, width, width);
    else add(`input_blocks.${block}.0.op`, [width, width, 3, 3]);
    skips.push(width);
    block++;
  }
  residual("middle_block.0", width, width);
  attention("middle_block.1", width);
  residual("middle_block.2", width, width);
  block = 0;
  for (const [level, to] of [...channels.entries()].reverse()) {
    for (let layer = 0; layer <= layers; layer++) {
      let part = 1;
      residual(`output_blocks.${block}.0`, width + (skips.pop() as number), to);
      if (attentionLevels.includes(level)) attention(`output_blocks.${block}.${part++}`, to);
      width = to;
      if (level > 0 && layer === layers) {
        if (resamplesByBlocks) residual(`output_blocks.${block}.${part}`, to, to);
        else add(`output_blocks.${block}.${part}.conv`, [to, to, 3, 3]);
      }
      block++;
    }
  }
  add("out.0", [width]);
  add("out.2", [network.outChannels ?? 3, width, 3, 3]);
  return tensors;
}
