import { OnestepError } from "@onestep/core";
import type { FileKind } from "./checkpoint/identify-file.ts";
import { shortenName } from "./checkpoint/list-names.ts";

/** A weights file is damaged, inconsistent, or of an unsupported kind. */
export class CheckpointError extends OnestepError {
  static override readonly code: string = "invalid-checkpoint";
}

/**
 * A pickle uses something that saved arrays do not need: a function call, a class to create, an attribute to set.
 * No code in a pickle is ever run.
 */
export class UnsafePickleError extends CheckpointError {
  static override readonly code: string = "unsafe-pickle";
}

/** A file is of a kind its reader does not handle; another reader may, or none. */
export class MisnamedFileError extends CheckpointError {
  /** The reader for it, if there is one. */
  readonly format: FileKind["format"];

  constructor(subject: string, expected: string, { found, remedy, format }: FileKind) {
    super({ subject, found, expected, remedy });
    this.format = format;
  }
}

/** How a checkpoint differs from its configuration. */
export interface WeightsMismatch {
  /** Names missing from the checkpoint. */
  readonly missing: readonly string[];
  /** Names in the checkpoint unknown to the model. */
  readonly unexpected: readonly string[];
  /** Arrays with the wrong shape or element type. */
  readonly misshapen: readonly { readonly name: string; readonly found: string; readonly expected: string }[];
}

const maximumListed = 20;

/** The arrays of a checkpoint do not match its configuration. Lists every difference. */
export class WeightsMismatchError extends OnestepError {
  static override readonly code: string = "weights-mismatch";

  readonly mismatch: WeightsMismatch;

  constructor(checkpointName: string, mismatch: WeightsMismatch) {
    super(describe(checkpointName, mismatch));
    this.mismatch = mismatch;
  }
}

function describe(checkpointName: string, mismatch: WeightsMismatch): string {
  const { missing, unexpected, misshapen } = mismatch;
  const lines = [
    `${checkpointName}: found ${count(missing, "missing")}, ${count(unexpected, "unexpected")} and ${count(misshapen, "misshapen")} weights, expected the weights of the network in config.json. ${remedyFor(mismatch)}`,
    ...list("missing", missing),
    ...list("unexpected", unexpected),
    ...list(
      "misshapen",
      misshapen.map(({ name }) => name),
      (index) => {
        const { found, expected } = misshapen[index] as (typeof misshapen)[number];
        return `: found ${found}, expected ${expected}`;
      },
    ),
  ];
  return lines.join("\n");
}

function count(items: readonly unknown[], what: string): string {
  return `${items.length} ${what}`;
}

function list(
  what: string,
  names: readonly string[],
  detail: (index: number) => string = () => "",
): string[] {
  const lines = names
    .slice(0, maximumListed)
    .map((name, index) => `  ${what}: ${shortenName(name)}${detail(index)}`);
  if (names.length > maximumListed)
    lines.push(`  ${what}: and ${names.length - maximumListed} more (in error.mismatch)`);
  return lines;
}

/** What array names reveal about their origin. */
function remedyFor({ missing, unexpected }: WeightsMismatch): string {
  if (missing.length > 0 && unexpected.some((name) => name.endsWith("input_blocks.0.0.weight"))) {
    return "The arrays have the names of OpenAI's code: load the file by itself, with `fromSingleFile`.";
  }
  if (unexpected.some((name) => name.includes(".transformer_blocks."))) {
    return "The weights are of a model with cross-attention, such as a UNet2DConditionModel, which is another class.";
  }
  return "Check that config.json and the weights are of the same model and revision.";
}
