import { InvalidArgumentError } from "@onestep/core";

/** Prefixes of a model's weights file names. */
export interface WeightsNames {
  readonly safetensors: string;
  /** For torch files (`.bin`). */
  readonly bin: string;
}

/** Names of diffusers models: `diffusion_pytorch_model.safetensors`. */
export const diffusersNames: WeightsNames = {
  safetensors: "diffusion_pytorch_model",
  bin: "diffusion_pytorch_model",
};

/** Names of transformers models: `model.safetensors`, `pytorch_model.bin`. */
export const transformersNames: WeightsNames = { safetensors: "model", bin: "pytorch_model" };

/** A file's position among the shards. */
export interface ShardPosition {
  /** From 1. */
  readonly number: number;
  readonly count: number;
}

/**
 * diffusers' name for a weights file: `diffusion_pytorch_model.fp16-00001-of-00002.safetensors`, without omitted parts.
 */
export function weightsFileName(
  variant: string | undefined,
  shard?: ShardPosition,
  names: WeightsNames = diffusersNames,
): string {
  const suffix = shard === undefined ? "" : `-${fiveDigits(shard.number)}-of-${fiveDigits(shard.count)}`;
  return `${names.safetensors}${withVariant(variant)}${suffix}.safetensors`;
}

/** The name of the shard index; diffusers puts the variant before its last part. */
export function weightsIndexName(variant: string | undefined, names: WeightsNames = diffusersNames): string {
  return `${names.safetensors}.safetensors.index${withVariant(variant)}.json`;
}

/** Whether a file may be from an earlier save of the same variant: whole, a shard, or the index. */
export function isWeightsFileName(
  name: string,
  variant: string | undefined,
  names: WeightsNames = diffusersNames,
): boolean {
  if (name === weightsFileName(variant, undefined, names) || name === weightsIndexName(variant, names)) {
    return true;
  }
  const position = /-(\d{5})-of-(\d{5})\.safetensors$/.exec(name);
  if (position === null) return false;
  const [, number, count] = position;
  return name === weightsFileName(variant, { number: Number(number), count: Number(count) }, names);
}

/** A possible location of a model's weights: one file, or shards with an index. */
export interface WeightsCandidate {
  readonly ending: ".safetensors" | ".bin";
  readonly whole: string;
  /**
   * Possible names of the shard index. Python inserts the variant before the last ending, and did so one ending
   * earlier for a while.
   */
  readonly indexes: readonly string[];
}

/** Where to look for weights, in diffusers' order of preference. */
export function weightsCandidates(
  variant: string | undefined,
  names: WeightsNames = diffusersNames,
): readonly WeightsCandidate[] {
  return ([".safetensors", ".bin"] as const).map((ending) => {
    const stem = ending === ".safetensors" ? names.safetensors : names.bin;
    const index = `${stem}${ending}`;
    return {
      ending,
      whole: `${stem}${withVariant(variant)}${ending}`,
      indexes:
        variant === undefined
          ? [`${index}.index.json`]
          : [`${index}.index.${variant}.json`, `${index}.${variant}.index.json`],
    };
  });
}

/**
 * Checks the name of a variant, which becomes part of file names.
 *
 * @throws InvalidArgumentError
 */
export function checkVariant(variant: string | undefined): void {
  if (variant === undefined || (typeof variant === "string" && /^\w[\w.-]{0,63}$/.test(variant))) return;
  throw new InvalidArgumentError({
    subject: "variant",
    found: JSON.stringify(variant) ?? String(variant),
    expected: 'letters, digits, "_", "-" and ".", 64 at most, a letter, digit or "_" first',
    remedy: 'Choose a name such as "fp16", or leave it out.',
  });
}

function withVariant(variant: string | undefined): string {
  return variant === undefined ? "" : `.${variant}`;
}

function fiveDigits(number: number): string {
  return String(number).padStart(5, "0");
}
