import modelIndex from "@onestep/emoji32/model_index.json" with { type: "json" };
import type { Id2Label } from "@onestep/pipelines";
import type { ModelChoice } from "../settings/settings.ts";

/** What the page knows about a model before loading it. */
export interface KnownModel {
  readonly classCount: number | undefined;
  /** Its class names by id, if its files have them. */
  readonly id2label?: Id2Label;
  /** Good timesteps by number of steps; for other numbers of steps the scheduler chooses. */
  readonly timesteps: Readonly<Record<number, readonly number[]>>;
}

/** The suggested ids, all in the diffusers layout. */
export const suggestedIds: readonly string[] = [
  "openai/diffusers-cd_imagenet64_l2",
  "openai/diffusers-cd_imagenet64_lpips",
  "openai/diffusers-ct_imagenet64",
  "openai/diffusers-cd_bedroom256_l2",
  "openai/diffusers-cd_cat256_l2",
  "SimianLuo/LCM_Dreamshaper_v7",
  "stabilityai/sd-turbo",
];

/** The number of ImageNet classes, which several models were trained on. */
export const imagenetClassCount = 1000;

const { _id2label: id2label } = modelIndex;

const shipped: KnownModel = {
  classCount: Object.keys(id2label).length,
  id2label,
  timesteps: { 1: [0], 2: [32, 0], 3: [35, 31, 0] },
};

/** From the model cards and the diffusers documentation. */
const ofHub: readonly (readonly [RegExp, KnownModel])[] = [
  [/cd_imagenet64/, { classCount: imagenetClassCount, timesteps: { 2: [22, 0] } }],
  [/ct_imagenet64/, { classCount: imagenetClassCount, timesteps: { 2: [106, 0] } }],
  [/cd_(?:bedroom|cat)256/, { classCount: undefined, timesteps: { 2: [17, 0] } }],
  [/ct_bedroom256/, { classCount: undefined, timesteps: { 2: [67, 0] } }],
  [/ct_cat256/, { classCount: undefined, timesteps: { 2: [62, 0] } }],
];

/** What is known about a model; `undefined` if it has to be loaded first. */
export function findKnownModel(model: ModelChoice): KnownModel | undefined {
  if (model.kind === "shipped") return shipped;
  if (model.kind === "files") return undefined;
  return ofHub.find(([pattern]) => pattern.test(model.id))?.[1];
}
