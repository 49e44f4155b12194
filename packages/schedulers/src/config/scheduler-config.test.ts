import { ConfigSchema, InvalidArgumentError, InvalidConfigError } from "@onestep/core";
import { expect, it } from "vitest";
import { finiteField } from "./narrowed-field.ts";
import { createSchedulerConfig, requireSigmaOrder } from "./scheduler-config.ts";

const schema = new ConfigSchema("SomeScheduler", { rho: finiteField(7) });

it("takes options, the content of a file, and the config of another class", () => {
  expect(createSchedulerConfig(schema, {})).toEqual({ rho: 7 });
  expect(createSchedulerConfig(schema, { rho: 5 }, { rho: undefined })).toEqual({ rho: 5 });
  expect(createSchedulerConfig(schema, { _class_name: "Other", rho: 4 })).toEqual({ rho: 4 });
  const other = new ConfigSchema("OtherScheduler", { rho: finiteField(3) });
  expect(createSchedulerConfig(schema, other.fromOptions({ rho: 2 }), {})).toEqual({ rho: 2 });
  // A default that nobody set stays behind, as in diffusers.
  expect(createSchedulerConfig(schema, other.fromOptions({}))).toEqual({ rho: 7 });
});

it.each([null, undefined, "somewhere", 3])("refuses %j", (config) => {
  const create = () => createSchedulerConfig(schema, config as unknown as object);
  expect(create).toThrow(InvalidArgumentError);
  expect(create).toThrow(
    /^SomeScheduler: found .*, expected a config or an object of options\. .*`fromPretrained`/,
  );
});

it("refuses noise levels that run the wrong way", () => {
  requireSigmaOrder("here", { sigmaMin: 1, sigmaMax: 1 });
  const check = () => requireSigmaOrder("here", { sigmaMin: 2, sigmaMax: 1 });
  expect(check).toThrow(InvalidConfigError);
  expect(check).toThrow("here: found sigma_min 2 above sigma_max 1, expected sigma_min at most sigma_max.");
});
