import { type Architecture, architectures } from "./architecture.ts";
import { ddpm32, ddpm256 } from "./diffusion-architectures.ts";

/** A checkpoint on the Hub, as its JSON files describe it. */
export interface PublishedModel {
  /** Its id on the Hub. */
  readonly repository: string;
  readonly architecture: Architecture;
  /** Parameters of the model that diffusers makes of the published `unet/config.json`. */
  readonly parameters: number;
}

const imagenet64 = { architecture: architectures["imagenet64"] as Architecture, parameters: 295_899_267 };
const lsun256 = { architecture: architectures["lsun256"] as Architecture, parameters: 526_304_771 };
const cifar = { architecture: ddpm32, parameters: 35_746_307 };
const ddpm = { architecture: ddpm256, parameters: 113_673_219 };

/** All consistency models of OpenAI, and the DDPM models of Google. */
export const publishedModels: readonly PublishedModel[] = [
  { repository: "openai/diffusers-cd_imagenet64_l2", ...imagenet64 },
  { repository: "openai/diffusers-cd_imagenet64_lpips", ...imagenet64 },
  { repository: "openai/diffusers-ct_imagenet64", ...withGrid(imagenet64, 201) },
  { repository: "openai/diffusers-cd_bedroom256_l2", ...lsun256 },
  { repository: "openai/diffusers-cd_bedroom256_lpips", ...lsun256 },
  { repository: "openai/diffusers-ct_bedroom256", ...withGrid(lsun256, 151) },
  { repository: "openai/diffusers-cd_cat256_l2", ...lsun256 },
  { repository: "openai/diffusers-cd_cat256_lpips", ...lsun256 },
  { repository: "openai/diffusers-ct_cat256", ...withGrid(lsun256, 151) },
  { repository: "google/ddpm-cifar10-32", ...cifar },
  { repository: "google/ddpm-celebahq-256", ...ddpm },
  { repository: "google/ddpm-church-256", ...ddpm },
  { repository: "google/ddpm-bedroom-256", ...ddpm },
  { repository: "google/ddpm-cat-256", ...ddpm },
];

/** The same model with another number of noise levels. */
function withGrid<Model extends { readonly architecture: Architecture }>(
  model: Model,
  trainTimesteps: number,
): Model {
  const { architecture } = model;
  const scheduler = { ...architecture.scheduler, num_train_timesteps: trainTimesteps };
  return { ...model, architecture: { ...architecture, scheduler } };
}
