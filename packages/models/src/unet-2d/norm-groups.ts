import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Groups of a norm over so many channels: `norm_num_groups`, or a quarter of the channels and at most 32 where null. */
export function normGroups(config: UNet2DModelConfigValues, channels: number): number {
  return config.normNumGroups ?? Math.min(Math.floor(channels / 4), 32);
}
