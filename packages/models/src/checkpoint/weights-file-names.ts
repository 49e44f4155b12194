import { InvalidArgumentError } from "@onestep/core";

const stem = "diffusion_pytorch_model";

/** Which of the shards a file is. */
export interface ShardPosition {
  /** From 1. */
  readonly number: number;
  readonly count: number;
}

/**
 * The name of a weights file as diffusers gives it: `diffusion_pytorch_model.fp16-00001-of-00002.safetensors`, without
 * what is left out.
 */
export function weightsFileName(variant: string | undefined, shard?: ShardPosition): string {
  const suffix = shard === undefined ? "" : `-${fiveDigits(shard.number)}-of-${fiveDigits(shard.count)}`;
  return `${stem}${variant === undefined ? "" : `.${variant}`}${suffix}.safetensors`;
}

/** The name of the index of shards; diffusers puts the variant before the last part of it. */
export function weightsIndexName(variant: string | undefined): string {
  return `${stem}.safetensors.index${variant === undefined ? "" : `.${variant}`}.json`;
}

/** Whether a file is one that an earlier save of the same variant may have left: whole, a shard, or the index. */
export function isWeightsFileName(name: string, variant: string | undefined): boolean {
  if (name === weightsFileName(variant) || name === weightsIndexName(variant)) return true;
  const position = /-(\d{5})-of-(\d{5})\.safetensors$/.exec(name);
  if (position === null) return false;
  const [, number, count] = position;
  return name === weightsFileName(variant, { number: Number(number), count: Number(count) });
}

/**
 * Checks the name of a variant, which becomes a part of the names of files.
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

function fiveDigits(number: number): string {
  return String(number).padStart(5, "0");
}
