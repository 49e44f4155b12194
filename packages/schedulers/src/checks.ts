import { InvalidArgumentError, type Tensor } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";

/**
 * Checks that tensors are float32 and share one shape, with at least one dimension (the batch).
 *
 * @param subject - The method, for the error message.
 * @param samples - The tensors, keyed by parameter name.
 * @throws InvalidArgumentError if one is not, or their shapes differ.
 */
export function requireSamples(subject: string, samples: Readonly<Record<string, Tensor<"float32">>>): void {
  const descriptions = new Set<string>();
  for (const [name, sample] of Object.entries(samples)) {
    descriptions.add(describeSample(sample));
    if (isFloat32Sample(sample)) continue;
    throw new InvalidArgumentError({
      subject: `${subject}: ${name}`,
      found: describeSample(sample),
      expected: "a float32 tensor with the batch in its first dimension",
      remedy: "Convert it with `Tensor.from(values, shape)`.",
    });
  }
  if (descriptions.size <= 1) return;
  throw new InvalidArgumentError({
    subject,
    found: Object.entries(samples)
      .map(([name, sample]) => `${name} ${describeSample(sample)}`)
      .join(" and "),
    expected: "tensors of one shape",
    remedy: "Pass tensors that belong to the same batch.",
  });
}

function isFloat32Sample(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape, data } = value as Partial<Tensor>;
  return dtype === "float32" && Array.isArray(shape) && shape.length > 0 && ArrayBuffer.isView(data);
}

function describeSample(value: unknown): string {
  const { dtype, shape } = (value ?? {}) as Partial<Tensor>;
  if (dtype === undefined || !Array.isArray(shape)) return value === null ? "null" : typeof value;
  return `${dtype} [${shape.join(", ")}]`;
}

/**
 * Checks that a timestep is one of the training timesteps.
 *
 * @param subject - The method, for the error message.
 * @param trainCount - The number of training timesteps.
 * @throws InvalidArgumentError if it is not a whole number from 0 up to but not including `trainCount`.
 */
export function requireTrainTimestep(subject: string, timestep: unknown, trainCount: number): number {
  const isTimestep = Number.isInteger(timestep) && (timestep as number) >= 0;
  if (isTimestep && (timestep as number) < trainCount) return timestep as number;
  throw new InvalidArgumentError({
    subject: `${subject}: timestep`,
    found: describeValue(timestep),
    expected: `a whole number from 0 to ${trainCount - 1}`,
    remedy: "Pass a value of `scheduler.timesteps`.",
  });
}

/**
 * Checks that a value passed by the caller is a number from 0 to 1.
 *
 * @param subject - The option, for the error message.
 * @throws InvalidArgumentError if it is not.
 */
export function requireFraction(subject: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError({
    subject,
    found: describeValue(value),
    expected: "a number from 0 to 1",
    remedy: "Leave it out for its default.",
  });
}

/**
 * Rejects what is most likely an index. Python distinguishes integers from floats by type; here, a whole number that is
 * not one of the timesteps counts as an index.
 *
 * @param className - The scheduler, for the error message.
 * @throws InvalidArgumentError
 */
export function refuseIndex(className: string, timestep: number, timesteps: Float64Array): void {
  if (!Number.isInteger(timestep) || timesteps.includes(timestep)) return;
  throw new InvalidArgumentError(
    "Passing integer indices (e.g. from `timesteps.entries()`) as timesteps to" +
      ` \`${className}.step()\` is not supported. Make sure to pass` +
      ` one of the \`scheduler.timesteps\` as a timestep. Found ${timestep}; of the pairs that` +
      " `timesteps.entries()` gives, pass the second part.",
  );
}

/**
 * Reports that a run cannot begin in the middle of a step that evaluates the model twice.
 *
 * @param className - The scheduler.
 * @throws InvalidArgumentError always.
 */
export function refuseHalfStep(className: string, timestep: number | undefined): never {
  throw new InvalidArgumentError({
    subject: className,
    found: `a run that is to begin at timestep ${timestep}, in the middle of a step`,
    expected: "a timestep at the start of one, at an even index of `scheduler.timesteps`",
    remedy: "Begin at an index that is a multiple of `scheduler.order`.",
  });
}

/**
 * The index of `timestep` in `timesteps`, by exact equality. If it occurs more than once, the second index is used, so
 * that a run that begins in the middle of a schedule does not skip a noise level (diffusers' `index_for_timestep`).
 *
 * @param subject - The scheduler, for the error message.
 * @throws InvalidArgumentError if it is not found.
 */
export function findTimestepIndex(subject: string, timestep: number, timesteps: ArrayLike<number>): number {
  let first: number | undefined;
  for (let index = 0; index < timesteps.length; index += 1) {
    if (timesteps[index] !== timestep) continue;
    if (first !== undefined) return index;
    first = index;
  }
  if (first !== undefined) return first;
  throw new InvalidArgumentError({
    subject: `${subject}: timestep`,
    found: describeValue(timestep),
    expected: `one of \`scheduler.timesteps\`: ${listTimesteps(timesteps)}`,
    remedy: "Pass a value of `scheduler.timesteps` as it is, neither its index nor a rounded one.",
  });
}

function listTimesteps(timesteps: ArrayLike<number>): string {
  const values = Array.from(timesteps);
  if (values.length <= 5) return values.join(", ");
  return `${values.slice(0, 3).join(", ")}, … ${values.at(-1)} (${values.length} of them)`;
}

/** Warns once if a step is taken without ever scaling the model's input. */
export class ScaledInputReminder {
  #isCalled = false;
  #hasWarned = false;

  /** Whether {@link noteCall} has ever been called. */
  get isCalled(): boolean {
    return this.#isCalled;
  }

  /** Notes that the model's input was scaled. As in diffusers, this holds for all later runs of the scheduler. */
  noteCall(): void {
    this.#isCalled = true;
  }

  /** Warns if needed; called when a step is about to be taken. */
  remind(): void {
    if (this.#isCalled || this.#hasWarned) return;
    this.#hasWarned = true;
    warn(
      "The `scaleModelInput` function should be called before `step` to ensure correct denoising." +
        " Give the model what `scheduler.scaleModelInput(sample, timestep)` returns.",
      "scheduler",
    );
  }
}

/**
 * Checks that exactly one of several options is given, and no other.
 *
 * @param subject - The method, for the error message.
 * @throws InvalidArgumentError if none, more than one or a different option is given.
 */
export function requireOneOption(subject: string, options: object, names: readonly string[]): void {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  if (given.length === 1 && names.includes(given[0]?.[0] ?? "")) return;
  throw new InvalidArgumentError({
    subject,
    found: given.length === 0 ? "no option" : given.map(([name]) => `\`${name}\``).join(" and "),
    expected: `exactly one of ${names.map((name) => `\`${name}\``).join(", ")}`,
    remedy: "Pass that one alone.",
  });
}

/** A rule for the numbers of a list. */
export interface SequenceRule {
  /** The rule in words: `noise levels above 0, strictly descending`. */
  readonly expected: string;
  /** Whether a number may follow `previous` in the list; `previous` is `undefined` for the first one. */
  readonly accepts: (value: number, previous: number | undefined) => boolean;
}

/**
 * Validates and copies a list of numbers passed by the caller.
 *
 * @param subject - The option, for the error message.
 * @throws InvalidArgumentError if it is not a list, is empty, or breaks the rule.
 */
export function requireSequence(
  subject: string,
  values: readonly number[],
  rule: SequenceRule,
): Float64Array {
  const isList = Array.isArray(values) || ArrayBuffer.isView(values);
  const wrong = isList ? values.findIndex((value, index) => !isAccepted(value, values[index - 1], rule)) : -1;
  if (!isList || values.length === 0 || wrong !== -1) {
    const listed = wrong === -1 ? "an empty list" : `${describeValue(values[wrong])} at index ${wrong}`;
    throw new InvalidArgumentError({
      subject,
      found: isList ? listed : describeValue(values),
      expected: rule.expected,
      remedy: "Pass such a list.",
    });
  }
  return Float64Array.from(values);
}

function isAccepted(value: unknown, previous: number | undefined, rule: SequenceRule): boolean {
  return typeof value === "number" && rule.accepts(value, previous);
}

/**
 * Checks a schedule before it is used.
 *
 * @param subject - The scheduler and what the values are, for the error message.
 * @throws InvalidArgumentError if a value is NaN or infinite.
 */
export function requireFinite(subject: string, values: ArrayLike<number>): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (Number.isFinite(value)) continue;
    throw new InvalidArgumentError({
      subject,
      found: `${value} at index ${index}`,
      expected: "finite float32 numbers",
      remedy: "Check `sigmaMin`, `sigmaMax` and `rho`, and the requested timesteps.",
    });
  }
}

/** The maximum number of timesteps in a schedule: far above any in use, far below what would exhaust memory. */
export const maximumTimestepCount = 1_000_000;

/** Whether `value` is a whole number from 1 to {@link maximumTimestepCount}. */
export function isTimestepCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maximumTimestepCount;
}

/**
 * Checks the number of steps requested by the caller.
 *
 * @param subject - The method, for the error message.
 * @param name - The option.
 * @throws InvalidArgumentError if it is not a whole number from 1 to `maximum`.
 */
export function requireTimestepCount(
  subject: string,
  value: unknown,
  maximum: number = maximumTimestepCount,
  name = "numInferenceSteps",
): number {
  if (isTimestepCount(value) && value <= maximum) return value;
  throw new InvalidArgumentError({
    subject: `${subject}: ${name}`,
    found: describeValue(value),
    expected: `a whole number from 1 to ${maximum}`,
    remedy: "Pass the number of steps to take.",
  });
}
