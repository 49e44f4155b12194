import { InvalidArgumentError } from "@onestep/core";
import { describeValue, untilAborted } from "@onestep/core/internal";

/** A schedule that has been tried. */
export interface TimestepsEvaluation {
  /** The schedule in the form accepted by `setTimesteps`: indices into the training grid, descending. */
  readonly timesteps: readonly number[];
  /** The result of `score`; lower is better. */
  readonly score: number;
  /** The number of schedules tried so far, including this one. */
  readonly count: number;
}

/** Options of {@link searchTimesteps}. */
export interface SearchTimestepsOptions {
  /** Size of the training grid: `scheduler.config.numTrainTimesteps`. */
  readonly numTrainTimesteps: number;
  /** The number of steps in the schedule, from 2 to the size of the grid; 2 by default. */
  readonly numSteps?: number | undefined;
  /**
   * Rates a schedule: a finite number, lower is better. The same schedule should always get the same score, so generate
   * the images from the same seeds on every call.
   */
  readonly score: (timesteps: readonly number[]) => number | Promise<number>;
  /** Called after each schedule is tried. */
  readonly onProgress?: ((evaluation: TimestepsEvaluation) => void) | undefined;
  /**
   * Aborting rejects at once with the signal's reason, without waiting for `score`. Pass the signal to the model as
   * well.
   */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link searchTimesteps}. */
export interface SearchTimestepsResult {
  /** The best schedule. */
  readonly timesteps: readonly number[];
  /** Its score. */
  readonly score: number;
  /** Every schedule tried, in order, without repeats. */
  readonly evaluations: readonly TimestepsEvaluation[];
}

/**
 * Finds good timesteps for a consistency model: greedily, one at a time starting from the highest noise level, each by
 * ternary search (Song et al., 2023, section 3; `scripts/ternary_search.py` of openai/consistency_models). On a grid of
 * 40, it tries 10 to 15 two-step schedules instead of 39. It finds the best one if the score falls and then rises along
 * the grid, as FID does; otherwise, a good one.
 *
 * @throws InvalidArgumentError if an option is out of range, or a score is not a finite number.
 * @example
 * const { timesteps } = await searchTimesteps({
 *   numTrainTimesteps: 40,
 *   score: async ([first = 0, second = 0]) => (first - 22) ** 2 + second, // of your images: lower is better
 * });
 */
export async function searchTimesteps(options: SearchTimestepsOptions): Promise<SearchTimestepsResult> {
  const { numTrainTimesteps, numSteps = 2, onProgress, signal } = options;
  requireWhole("numTrainTimesteps", numTrainTimesteps, 2, 1_000_000);
  requireWhole("numSteps", numSteps, 2, numTrainTimesteps);
  const evaluations = new Map<string, TimestepsEvaluation>();

  const evaluate = async (timesteps: readonly number[]): Promise<number> => {
    const key = timesteps.join();
    const known = evaluations.get(key);
    if (known !== undefined) return known.score;
    signal?.throwIfAborted();
    const value = await untilAborted(options.score(timesteps), signal);
    if (!Number.isFinite(value)) throw notFinite(value, timesteps);
    const evaluation = { timesteps, score: value, count: evaluations.size + 1 };
    evaluations.set(key, evaluation);
    onProgress?.(evaluation);
    return value;
  };

  let timesteps: readonly number[] = [0];
  while (timesteps.length < numSteps) {
    const chosen = timesteps;
    const [last = 0] = chosen;
    // Leave room for the steps that have not been found yet.
    const end = numTrainTimesteps - (numSteps - chosen.length);
    const next = await ternarySearch(last + 1, end, (index) => evaluate([index, ...chosen]));
    timesteps = [next, ...chosen];
  }
  const score = await evaluate(timesteps);
  return { timesteps, score, evaluations: [...evaluations.values()] };
}

/** The index from `first` to `last` with the lowest value of a function that falls and then rises. */
async function ternarySearch(
  first: number,
  last: number,
  evaluate: (index: number) => Promise<number>,
): Promise<number> {
  let [left, right] = [first, last];
  while (right - left >= 3) {
    const third = Math.floor((right - left) / 3);
    const [lower, upper] = [left + third, right - third];
    if ((await evaluate(lower)) < (await evaluate(upper))) right = upper;
    else left = lower;
  }
  let best = left;
  for (let index = left + 1; index <= right; index += 1) {
    if ((await evaluate(index)) < (await evaluate(best))) best = index;
  }
  return best;
}

function notFinite(value: unknown, timesteps: readonly number[]): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "searchTimesteps: score",
    found: `${describeValue(value)} for ${describeValue([...timesteps])}`,
    expected: "a finite number",
    remedy: "Return a number for every schedule; lower is better.",
  });
}

function requireWhole(name: string, value: number, lowest: number, highest: number): void {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  throw new InvalidArgumentError({
    subject: `searchTimesteps: ${name}`,
    found: describeValue(value),
    expected: `a whole number from ${lowest} to ${highest}`,
    remedy: "Correct the option.",
  });
}
