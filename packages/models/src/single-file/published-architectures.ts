import type { FileNameClaims } from "./file-name-claims.ts";
import type { OpenaiArchitecture } from "./openai-architecture.ts";

/** Values that cannot be inferred from a network's arrays. */
export interface UnspecifiedFields {
  /** Height and width of the images, in pixels. */
  readonly sampleSize: number;
  /** Channels of one attention head. */
  readonly attentionHeadDim: number;
}

/** An architecture published by OpenAI. */
export interface PublishedArchitecture extends UnspecifiedFields {
  readonly images: NonNullable<FileNameClaims["images"]>;
  readonly channels: readonly number[];
  readonly layersPerLevel: number;
  readonly numClasses: number | null;
  readonly scalesAndShifts: boolean;
}

/** From `scripts/launch.sh` of openai/consistency_models. */
const published: readonly PublishedArchitecture[] = [
  {
    images: "imagenet64",
    channels: [192, 384, 576, 768],
    layersPerLevel: 3,
    numClasses: 1000,
    scalesAndShifts: true,
    sampleSize: 64,
    attentionHeadDim: 64,
  },
  {
    images: "lsun256",
    channels: [256, 256, 512, 512, 1024, 1024],
    layersPerLevel: 2,
    numClasses: null,
    scalesAndShifts: false,
    sampleSize: 256,
    attentionHeadDim: 64,
  },
];

/** The published architecture that matches a network; `undefined` if none does. */
export function findPublishedArchitecture(network: OpenaiArchitecture): PublishedArchitecture | undefined {
  return published.find(
    ({ channels, layersPerLevel, numClasses, scalesAndShifts }) =>
      channels.join() === network.levels.map((level) => level.channels).join() &&
      layersPerLevel === network.layersPerLevel &&
      numClasses === network.numClasses &&
      scalesAndShifts === network.scalesAndShifts,
  );
}
