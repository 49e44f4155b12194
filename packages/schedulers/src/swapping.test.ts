import { InvalidArgumentError } from "@onestep/core";
import { formatConfig, parsePythonJson } from "@onestep/core/internal/files";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { expectSum, fullLoopSum } from "./__fixtures__/full-loop.ts";
import swaps from "./__fixtures__/scheduler-swaps.json" with { type: "json" };
import { compatiblesOf } from "./config/compatibles.ts";
import { findSchedulerClass, type SchedulerClass, schedulerClasses } from "./load-scheduler.ts";

/** Entries of a file by their names, each as it is written there. */
type Entries = Readonly<Record<string, string>>;

interface Pair {
  readonly from: string;
  readonly to: string;
  /** What differs from the defaults of `to` with the settings of `from` over them; null where diffusers refuses. */
  readonly exceptions: Entries | null;
}

const settings: Readonly<Record<string, Entries>> = swaps.settings;
const defaults: Readonly<Record<string, Entries>> = swaps.defaults;
const names = Object.keys(settings);
const pairs: readonly Pair[] = names.flatMap((from) =>
  names.map((to) => {
    const exceptions = (swaps.exceptions as Readonly<Record<string, Entries | null>>)[`${from} ${to}`];
    return { from, to, exceptions: exceptions === undefined ? {} : exceptions };
  }),
);

function classOf(name: string): SchedulerClass {
  const schedulerClass = findSchedulerClass(name);
  if (schedulerClass === undefined) throw new Error(`no ${name}`);
  return schedulerClass;
}

function textOf(entries: Entries): string {
  const lines = Object.keys(entries)
    .sort()
    .map((name) => `  "${name}": ${entries[name]}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** A scheduler of a class with its settings. */
function sourceOf(name: string): ReturnType<SchedulerClass["fromJson"]> {
  const entries = { _class_name: JSON.stringify(name), ...settings[name] };
  return classOf(name).fromJson(parsePythonJson(textOf(entries), name), name);
}

/** The file of a config, without the entry that Onestep alone has. */
function fileOf(config: object): string {
  return formatConfig(config).replace(/,\n {2}"timestep_scale": 1000\.0/, "");
}

beforeEach(() => {
  // The reminders of entries that are not fields are not what is tested here.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

/** A config without the field that Onestep alone has: a consistency model implies it. */
function unscaled(config: object): object {
  return { ...config, timestepScale: undefined };
}

describe("a config given to another class", () => {
  it("is tried with every class of diffusers that is here, and compatibles are those of diffusers", () => {
    const ours = schedulerClasses.filter(({ className }) => names.includes(className));
    expect(ours).toHaveLength(names.length);
    for (const { className, compatibles } of ours) {
      expect(compatibles).toEqual(swaps.compatibles[className as keyof typeof swaps.compatibles]);
    }
  });

  it.each(pairs)(
    "is what diffusers makes of it, and comes back: $from to $to",
    ({ from, to, exceptions }) => {
      const source = sourceOf(from);
      const swapped = classOf(to).fromConfig(source.config);
      // Words of another class's solver are taken for words of this one's; the file keeps them, for the way back.
      const expected = { ...defaults[to], ...settings[from] };
      expect(fileOf(swapped.config)).toBe(textOf(expected));
      const file = parsePythonJson(textOf({ ...expected, ...exceptions }), to);
      expect(unscaled(swapped.config)).toEqual(unscaled(classOf(to).fromJson(file, to).config));
      const back = classOf(from).fromConfig(swapped.config);
      expect(unscaled(back.config)).toEqual(unscaled(source.config));
    },
  );

  it("is refused where the class has not what it says", () => {
    const { config } = classOf("TCDScheduler").fromConfig({ predictionType: "sample" });
    const swap = () => classOf("PNDMScheduler").fromConfig(config);
    expect(swap).toThrow(InvalidArgumentError);
    expect(swap).toThrow('prediction_type: found "sample", expected one of epsilon, v_prediction.');
  });

  it.each([
    [
      "DEISMultistepScheduler",
      "DPMSolverSinglestepScheduler",
      "DPMSolverMultistepScheduler",
      "UniPCMultistepScheduler",
      0.23916,
    ],
    [
      "UniPCMultistepScheduler",
      "DPMSolverSinglestepScheduler",
      "DEISMultistepScheduler",
      "DPMSolverMultistepScheduler",
      0.2464,
    ],
    [
      "DPMSolverMultistepScheduler",
      "DPMSolverSinglestepScheduler",
      "UniPCMultistepScheduler",
      "DEISMultistepScheduler",
      0.3301,
    ],
    [
      "DPMSolverSinglestepScheduler",
      "DEISMultistepScheduler",
      "DPMSolverMultistepScheduler",
      "UniPCMultistepScheduler",
      0.2791,
    ],
  ] as const)(
    "gives the full loop of diffusers for %s again, by way of three others (test_switch)",
    (...row) => {
      const [first, second, third, fourth, mean] = row;
      const start = classOf(first).fromConfig({
        _class_name: first,
        final_sigmas_type: "sigma_min",
        ...testConfig[first],
      });
      const scheduler = [second, third, fourth, first].reduce(
        (current, name) => classOf(name).fromConfig(current.config),
        start,
      );
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler), { mean });
    },
  );
});

/** What diffusers' tests set that are not defaults. */
const testConfig = {
  DEISMultistepScheduler: {},
  UniPCMultistepScheduler: {},
  DPMSolverMultistepScheduler: { lower_order_final: false },
  DPMSolverSinglestepScheduler: {},
} as const;

describe("the config of a consistency model", () => {
  const family = compatiblesOf("EDMHeunScheduler").filter(
    (name) => name !== "CMStochasticIterativeScheduler",
  );

  it.each(family.flatMap((first) => family.map((second) => [first, second] as const)))(
    "keeps the scale of its timesteps from %s to %s, and comes back as it was",
    (first, second) => {
      const source = sourceOf("CMStochasticIterativeScheduler");
      const one = classOf(first).fromConfig(source.config);
      const two = classOf(second).fromConfig(one.config);
      for (const { config } of [one, two])
        expect(config).toMatchObject({ timestepScale: 1000, sigmaMax: 50 });
      const back = classOf("CMStochasticIterativeScheduler").fromConfig(two.config);
      expect(formatConfig(back.config)).toBe(formatConfig(source.config));
    },
  );
});
