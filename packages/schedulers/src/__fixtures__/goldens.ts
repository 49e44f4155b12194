import { toCamelCase } from "@onestep/core/internal";
import consistency from "./cm-stochastic-iterative-scheduler.json" with { type: "json" };
import edm from "./edm-euler-scheduler.json" with { type: "json" };
import configFiles from "./scheduler-config-files.json" with { type: "json" };

/** Options as they are in Python, by snake_case names. */
export type PythonOptions = Readonly<Record<string, unknown>>;

/** Timesteps and noise levels of a scheduler, after a request or (`null`) as it was made. */
export interface GoldenSchedule {
  readonly config: PythonOptions;
  readonly request: PythonOptions | null;
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
}

/** Every step of a run of `dummyModel` on `rampSample`. */
export interface GoldenRun {
  readonly config: PythonOptions;
  readonly request: PythonOptions | null;
  readonly seeds: readonly number[];
  readonly steps: readonly Readonly<Record<string, readonly number[]>>[];
}

/** `cm-stochastic-iterative-scheduler.json`. */
export interface ConsistencyGoldens {
  readonly grids: readonly Omit<GoldenSchedule, "request">[];
  readonly schedules: readonly GoldenSchedule[];
  readonly scalings: readonly {
    readonly config: PythonOptions;
    readonly sigma: number;
    readonly edm: readonly [cSkip: number, cOut: number];
    readonly boundary: readonly [cSkip: number, cOut: number];
  }[];
  readonly noised: readonly { readonly indices: readonly number[]; readonly samples: readonly number[] }[];
  readonly runs: readonly GoldenRun[];
}

/** `edm-euler-scheduler.json`. */
export interface EDMGoldens {
  readonly schedules: readonly GoldenSchedule[];
  readonly runs: readonly (GoldenRun & GoldenSchedule & { readonly stepOptions: PythonOptions })[];
}

/** `scheduler-config-files.json`. */
export interface ConfigFileGoldens {
  readonly files: readonly { readonly className: string; readonly from?: string; readonly text: string }[];
}

/** What tools/reference/make_scheduler_goldens.py wrote for the consistency scheduler. */
export const consistencyGoldens = consistency as unknown as ConsistencyGoldens;

/** What tools/reference/make_scheduler_goldens.py wrote for the EDM scheduler. */
export const edmGoldens = edm as unknown as EDMGoldens;

/** The configuration files that tools/reference/make_scheduler_goldens.py wrote. */
export const configFileGoldens = configFiles as ConfigFileGoldens;

/** `{num_inference_steps: 1}` → `{numInferenceSteps: 1}`. */
export function toOptions(options: PythonOptions): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [toCamelCase(name), value]));
}

/** The largest difference between two lists, relative to the largest of the expected values. */
export function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...expected.map(Math.abs), Number.MIN_VALUE);
  return Math.max(...expected.map((value, index) => Math.abs((actual[index] ?? Number.NaN) - value))) / scale;
}
