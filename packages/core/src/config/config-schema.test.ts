import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { InvalidArgumentError, InvalidConfigError } from "../errors.ts";
import {
  booleanField,
  enumField,
  floatField,
  integerField,
  listField,
  nullableField,
} from "./config-field.ts";
import { ConfigSchema } from "./config-schema.ts";
import { diffusersVersion, formatConfig } from "./format-python-json.ts";
import { parsePythonJson } from "./parse-python-json.ts";
import { PythonFloat, type PythonJson } from "./python-json.ts";

// The fields of diffusers' CMStochasticIterativeScheduler and EDMEulerScheduler.
const shared = {
  sigmaMin: floatField(new PythonFloat(0.002)),
  sigmaMax: floatField(new PythonFloat(80)),
  sigmaData: floatField(new PythonFloat(0.5)),
  rho: floatField(new PythonFloat(7)),
};
const consistency = new ConfigSchema("CMStochasticIterativeScheduler", {
  numTrainTimesteps: integerField(40),
  ...shared,
  sNoise: floatField(new PythonFloat(1)),
  clipDenoised: booleanField(true),
});
const edm = new ConfigSchema("EDMEulerScheduler", {
  ...shared,
  sigmaSchedule: enumField(["karras", "exponential"], "karras"),
  numTrainTimesteps: integerField(1000),
  predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
  finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
});
const blocks = new ConfigSchema("Blocks", {
  sizes: listField(listField(integerField(0), []), [[1], [2]]),
  groups: nullableField(integerField(0), 32),
});

let warnings: MockInstance;

beforeEach(() => {
  warnings = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function read(text: string): PythonJson {
  return parsePythonJson(text, "scheduler_config.json");
}

/** What Python would save: one entry a line, sorted. */
function saved(className: string, ...lines: string[]): string {
  const all = [`"_class_name": "${className}"`, `"_diffusers_version": "${diffusersVersion}"`, ...lines];
  return `{\n${all.map((line) => `  ${line}`).join(",\n")}\n}\n`;
}

describe("fromOptions", () => {
  it("fills in defaults and freezes", () => {
    const config = consistency.fromOptions({ sigmaMax: 70, rho: undefined });
    expect(config).toEqual({
      numTrainTimesteps: 40,
      sigmaMin: 0.002,
      sigmaMax: 70,
      sigmaData: 0.5,
      rho: 7,
      sNoise: 1,
      clipDenoised: true,
    });
    expect(Object.isFrozen(config)).toBe(true);
    const { sizes } = blocks.fromOptions({});
    expect(Object.isFrozen(sizes) && sizes.every(Object.isFrozen)).toBe(true);
  });

  it("does not share lists with the caller", () => {
    const sizes = [[5], [6]];
    const config = blocks.fromOptions({ sizes });
    sizes[0]?.push(7);
    expect(config.sizes).toEqual([[5], [6]]);
    expect(formatConfig(config)).not.toContain("7");
  });

  it("reads inherited options and getters, the way every function would", () => {
    class Options {
      get rho(): number {
        return 5;
      }
    }
    expect(consistency.fromOptions(new Options()).rho).toBe(5);
    expect(consistency.fromOptions(Object.create({ sigmaMax: 9 })).sigmaMax).toBe(9);
  });

  it.each<[unknown, string]>([
    [{ sigma_max: 1 }, "CMStochasticIterativeScheduler has no option `sigma_max`. Its options are numTrain"],
    [{ constructor: 1 }, "CMStochasticIterativeScheduler has no option `constructor`."],
    [
      { sigmaMax: "80" },
      'CMStochasticIterativeScheduler: sigmaMax: found "80", expected a number. Pass a value of that kind.',
    ],
    [{ sigmaMax: Number.NaN }, "sigmaMax: found NaN, expected a number"],
    [{ numTrainTimesteps: [[1n]] }, "numTrainTimesteps: found [[1n]], expected an integer"],
    [{ numTrainTimesteps: 0.5 }, "numTrainTimesteps: found 0.5, expected an integer"],
    [null, "CMStochasticIterativeScheduler: found null, expected an object"],
    [[1], "CMStochasticIterativeScheduler: found [1], expected an object"],
  ])("refuses %o", (options, message) => {
    expect(() => consistency.fromOptions(options as object)).toThrow(InvalidArgumentError);
    expect(() => consistency.fromOptions(options as object)).toThrow(message);
  });
});

describe("fromJson", () => {
  it("reads a published file and writes it back byte for byte, unknown entries included", () => {
    const text = saved(
      "CMStochasticIterativeScheduler",
      '"clip_denoised": true',
      '"extra": {\n    "a": 1e-05\n  }',
      '"num_train_timesteps": 201',
      '"rho": 7.0',
      '"s_noise": 1',
      '"sigma_data": 0.5',
      '"sigma_max": 80.0',
      '"sigma_min": 0.002',
    );
    const config = consistency.fromJson(read(text), "scheduler_config.json");
    expect(config.numTrainTimesteps).toBe(201);
    expect(formatConfig(config)).toBe(text);
    expect(warnings.mock.calls).toEqual([
      [
        "[onestep] The config attributes extra were passed to CMStochasticIterativeScheduler, but are not expected and will be ignored. Please verify scheduler_config.json.",
      ],
    ]);
  });

  it("does not warn of private entries, nor of those that another class wrote", () => {
    consistency.fromJson(read('{"_name_or_path": "x", "quantization_config": null}'), "a");
    consistency.fromJson(read('{"_class_name": "EDMEulerScheduler", "sigma_schedule": "karras"}'), "a");
    expect(warnings).not.toHaveBeenCalled();
  });

  it("drops what _use_default_values names, as diffusers does", () => {
    const text =
      '{"_class_name": "EDMEulerScheduler", "num_train_timesteps": 1000, "_use_default_values": ["num_train_timesteps"]}';
    expect(consistency.fromJson(read(text), "a").numTrainTimesteps).toBe(40);
  });

  it("takes overrides over what the file says", () => {
    const config = consistency.fromJson(read('{"rho": 3}'), "a", { rho: 5 });
    expect(config.rho).toBe(5);
  });

  it("does not follow later changes of the document", () => {
    const document = read('{"extra": [1]}') as { extra: PythonJson[] };
    const config = consistency.fromJson(document, "a");
    document.extra.push(2);
    expect(formatConfig(config)).toContain('"extra": [\n    1\n  ]');
  });

  it.each([
    [
      "[1]",
      "a.json: found [1], expected a JSON object. Check that it is the configuration of a CMStochasticIter",
    ],
    ["null", "a.json: found null, expected a JSON object"],
    [
      '{"rho": "x"}',
      'a.json: rho: found "x", expected a number. Correct the file, or load another revision of it.',
    ],
    ['{"rho": NaN}', "a.json: rho: found NaN, expected a number"],
    ['{"rho": [[99999999999999999999]]}', "a.json: rho: found [[99999999999999999999]], expected a number"],
    ['{"num_train_timesteps": 40.5}', "a.json: num_train_timesteps: found 40.5, expected an integer"],
    ['{"clip_denoised": null}', "a.json: clip_denoised: found null, expected true or false"],
    ['{"_class_name": 7}', "a.json: _class_name: found 7, expected a string"],
  ])("refuses %s", (text, message) => {
    expect(() => consistency.fromJson(read(text), "a.json")).toThrow(InvalidConfigError);
    expect(() => consistency.fromJson(read(text), "a.json")).toThrow(message);
  });
});

describe("fromConfig", () => {
  // Each line checked with diffusers: EDM.from_config(CM(s_noise=1.007, sigma_max=70.0).config), and back.
  it("carries what was set to another class and back; defaults stay behind", () => {
    const first = consistency.fromOptions({ sNoise: 1.007, sigmaMax: 70 });
    const second = edm.fromConfig(first);
    expect(second).toMatchObject({ sigmaMax: 70, numTrainTimesteps: 1000 });
    expect(formatConfig(second)).toBe(
      saved(
        "EDMEulerScheduler",
        '"final_sigmas_type": "zero"',
        '"num_train_timesteps": 1000',
        '"prediction_type": "epsilon"',
        '"rho": 7.0',
        '"s_noise": 1.007',
        '"sigma_data": 0.5',
        '"sigma_max": 70.0',
        '"sigma_min": 0.002',
        '"sigma_schedule": "karras"',
      ),
    );
    expect(consistency.fromConfig(second)).toEqual(first);
    expect(formatConfig(consistency.fromConfig(second))).toBe(formatConfig(first));
  });

  it("carries everything that a file said, defaults among it", () => {
    const loaded = edm.fromJson(
      read('{"_class_name": "EDMEulerScheduler", "num_train_timesteps": 1000}'),
      "a",
    );
    expect(consistency.fromConfig(loaded).numTrainTimesteps).toBe(1000);
  });

  it("takes overrides, options, and JSON that JSON.parse read", () => {
    const first = consistency.fromOptions({ rho: 5 });
    expect(consistency.fromConfig(first, { rho: 6, sigmaMax: undefined }).rho).toBe(6);
    expect(consistency.fromConfig({ rho: 5 }, { sNoise: 2 })).toMatchObject({ rho: 5, sNoise: 2 });
    const json = JSON.parse(
      '{"_class_name": "CMStochasticIterativeScheduler", "num_train_timesteps": 7, "rho": 6.5}',
    );
    expect(consistency.fromConfig(json, { sigmaMax: 9 })).toMatchObject({
      numTrainTimesteps: 7,
      rho: 6.5,
      sigmaMax: 9,
    });
  });

  it.each<[unknown, string]>([
    [null, "CMStochasticIterativeScheduler: found null, expected an object"],
    ["scheduler_config.json", 'CMStochasticIterativeScheduler: found "scheduler_config.json"'],
    [{ roh: 7 }, "CMStochasticIterativeScheduler has no option `roh`."],
    [
      { sigma_max: 7, when: new Date(0) },
      "the config given to CMStochasticIterativeScheduler.fromConfig.when: found an object",
    ],
  ])("refuses %o", (config, message) => {
    expect(() => consistency.fromConfig(config as object)).toThrow(InvalidArgumentError);
    expect(() => consistency.fromConfig(config as object)).toThrow(message);
  });

  it("any set of options comes back from a file and from another class's hands", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const options = fc.record(
      {
        numTrainTimesteps: fc.maxSafeNat(),
        sigmaMin: number,
        sigmaMax: number,
        rho: number,
        sNoise: number,
        clipDenoised: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, (given) => {
        const config = consistency.fromOptions(given);
        const text = formatConfig(config);
        const loaded = consistency.fromJson(read(text), "a");
        expect(loaded).toEqual(config);
        expect(formatConfig(loaded)).toBe(text);
        expect(consistency.fromConfig(edm.fromConfig(config))).toEqual(config);
      }),
    );
  });
});
