import type { UNet2DModelConfigValues } from "@onestep/models";

/** What the process takes before a model is loaded: Node and onnxruntime. */
const baseBytes = 115_000_000;

/** How many feature maps of the widest kind are in work at one time, besides those that are kept for the way up. */
const workingMaps = 11;

const float32Bytes = 4;

/** What {@link estimateMemory} reckons with. */
export interface MemoryOptions {
  readonly config: UNet2DModelConfigValues;
  /** Height and width of the images in pixels. */
  readonly sampleSize: readonly [number, number];
  readonly parameters: number;
  /** Bytes of the weights files. */
  readonly storedBytes: number;
  /** Whether the weights are stored as float32, in which case they are mapped, not converted. */
  readonly isFloat32: boolean;
}

/**
 * Memory to make one image at a time on a CPU, in bytes: the process, the weights in float32 (with the stored ones on
 * top where they have to be converted), the feature maps and the scores of attention.
 *
 * An estimate. Its two constants are fitted to the peaks that were measured for emoji32 (0.13 GB), imagenet64 (1.44 GB)
 * and lsun256 (3.30 GB) on two cores, which it meets within 5 %.
 */
export function estimateMemory(options: MemoryOptions): number {
  const { config, sampleSize, parameters, storedBytes, isFloat32 } = options;
  return (
    baseBytes +
    float32Bytes * parameters +
    (isFloat32 ? 0 : storedBytes) +
    featureMapBytes(config, sampleSize) +
    attentionBytes(config, sampleSize)
  );
}

/** The maps that the way down keeps for the way up, and those in work at full size. */
function featureMapBytes(
  { blockOutChannels, layersPerBlock }: UNet2DModelConfigValues,
  sampleSize: readonly [number, number],
): number {
  const widest = Math.max(blockOutChannels[0] ?? 0, blockOutChannels[1] ?? 0);
  const kept = blockOutChannels.map(
    (channels, level) => (layersPerBlock + 1) * channels * pixelCount(sampleSize, level),
  );
  return (
    float32Bytes * kept.reduce((sum, size) => sum + size, workingMaps * widest * pixelCount(sampleSize, 0))
  );
}

/** The scores of the largest attention, before and after the softmax. */
function attentionBytes(
  { blockOutChannels, downBlockTypes, attentionHeadDim }: UNet2DModelConfigValues,
  sampleSize: readonly [number, number],
): number {
  const scores = blockOutChannels.map((channels, level) => {
    const heads = attentionHeadDim === null ? 1 : channels / attentionHeadDim;
    return downBlockTypes[level]?.includes("Attn") === true ? heads * pixelCount(sampleSize, level) ** 2 : 0;
  });
  return 2 * float32Bytes * Math.max(0, ...scores);
}

function pixelCount([height, width]: readonly [number, number], level: number): number {
  return Math.ceil(height / 2 ** level) * Math.ceil(width / 2 ** level);
}
