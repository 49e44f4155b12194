import { expect, it } from "vitest";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { integerField } from "./config-field.ts";
import { ConfigSchema } from "./config-schema.ts";
import { diffusersVersion, formatConfig } from "./format-config.ts";
import { parsePythonJson } from "./parse-python-json.ts";

const schema = new ConfigSchema("Thing", { size: integerField(3) });

it("names the class and the version, and leaves out what diffusers keeps for itself", () => {
  const text =
    '{"_class_name": "Other", "_ignore_files": [], "_pre_quantization_dtype": "x", "_name_or_path": "here", "__proto__": 1}';
  const config = schema.fromJson(parsePythonJson(text, "thing.json"), "thing.json");
  expect(formatConfig(config)).toBe(
    `{\n  "__proto__": 1,\n  "_class_name": "Thing",\n  "_diffusers_version": "${diffusersVersion}",\n  "_name_or_path": "here",\n  "size": 3\n}\n`,
  );
});

it("refuses an object that no schema made", () => {
  expect(() => formatConfig({ size: 3 })).toThrow(InvalidArgumentError);
  expect(() => formatConfig({ size: 3 })).toThrow(
    'config: found {"size":3}, expected the `config` of a scheduler',
  );
});
