import { expect, it } from "vitest";
import { toCamelCase, toSnakeCase } from "./config-name.ts";

it.each([
  ["rho", "rho"],
  ["sNoise", "s_noise"],
  ["numTrainTimesteps", "num_train_timesteps"],
  ["resnetTimeScaleShift", "resnet_time_scale_shift"],
])("%s is %s in JSON", (camelCase, snakeCase) => {
  expect(toSnakeCase(camelCase)).toBe(snakeCase);
  expect(toCamelCase(snakeCase)).toBe(camelCase);
});

it("leaves names that begin with an underscore their beginning", () => {
  expect(toCamelCase("_class_name")).toBe("_className");
});
