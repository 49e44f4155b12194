import { OnestepError } from "@onestep/core";

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
    `${checkpointName}: found ${count(missing, "missing")}, ${count(unexpected, "unexpected")} and ${count(misshapen, "misshapen")} weights, expected exactly those that config.json asks for. Check that config.json and the weights are of the same model and revision.`,
    ...list("missing", missing),
    ...list("unexpected", unexpected),
    ...list(
      "misshapen",
      misshapen.map(({ name, found, expected }) => `${name}: found ${found}, expected ${expected}`),
    ),
  ];
  return lines.join("\n");
}

function count(items: readonly unknown[], what: string): string {
  return `${items.length} ${what}`;
}

function list(what: string, names: readonly string[]): string[] {
  const lines = names.slice(0, maximumListed).map((name) => `  ${what}: ${name}`);
  if (names.length > maximumListed)
    lines.push(`  ${what}: and ${names.length - maximumListed} more (in error.mismatch)`);
  return lines;
}
