import { OnestepError } from "@onestep/core";
import type { FileKind } from "./checkpoint/identify-file.ts";
import { shortenName } from "./checkpoint/list-names.ts";

/** A weights file is damaged, lies about itself, or is of a kind that is not read. */
export class CheckpointError extends OnestepError {
  static override readonly code: string = "invalid-checkpoint";
}

/**
 * A pickle asks for something that saved arrays do not need: a function to call, a class to make, an attribute to set.
 * Nothing of it was run, and nothing ever is.
 */
export class UnsafePickleError extends CheckpointError {
  static override readonly code: string = "unsafe-pickle";
}

/** A file is of another kind than its reader's: of one that is read by another, or of one that nothing here reads. */
export class MisnamedFileError extends CheckpointError {
  /** Which reader it is for, where there is one. */
  readonly format: FileKind["format"];

  constructor(subject: string, expected: string, { found, remedy, format }: FileKind) {
    super({ subject, found, expected, remedy });
    this.format = format;
  }
}

/** How a checkpoint differs from what a configuration needs. */
export interface WeightsMismatch {
  /** Names that the model needs and the checkpoint lacks. */
  readonly missing: readonly string[];
  /** Names that the checkpoint has and the model does not know. */
  readonly unexpected: readonly string[];
  /** Arrays of another shape or element type than the model needs. */
  readonly misshapen: readonly { readonly name: string; readonly found: string; readonly expected: string }[];
}

const maximumListed = 20;

/** The arrays of a checkpoint are not those that its configuration asks for. Lists every difference. */
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
    `${checkpointName}: found ${count(missing, "missing")}, ${count(unexpected, "unexpected")} and ${count(misshapen, "misshapen")} weights, expected those that config.json asks for. ${remedyFor(mismatch)}`,
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

/** What the names of arrays tell about where they are from. */
function remedyFor({ missing, unexpected }: WeightsMismatch): string {
  if (missing.length > 0 && unexpected.some((name) => name.endsWith("input_blocks.0.0.weight"))) {
    return "The arrays have the names of OpenAI's code: load the file by itself, with `fromSingleFile`.";
  }
  if (unexpected.some((name) => name.includes(".transformer_blocks."))) {
    return "The weights are of a model with cross-attention, such as a UNet2DConditionModel, which is another class.";
  }
  return "Check that config.json and the weights are of the same model and revision.";
}
