import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Groups of a norm over so many channels: `norm_num_groups`, or {@link quarterGroups} where null. */
export function normGroups(config: Pick<UNet2DModelConfigValues, "normNumGroups">, channels: number): number {
  return config.normNumGroups ?? quarterGroups(channels);
}

/** A quarter of the channels, at most 32: the norms of skip blocks have so many groups, whatever the config says. */
export function quarterGroups(channels: number): number {
  return Math.min(Math.floor(channels / 4), 32);
}

/** Groups of a norm in a k block: of 32 channels each. */
export function kGroups(channels: number): number {
  return Math.floor(channels / 32);
}
