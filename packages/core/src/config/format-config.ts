import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { readConfigRecord } from "./config.ts";
import { describeValue } from "./describe-json.ts";
import { formatPythonJson } from "./format-python-json.ts";
import type { PythonJsonObject } from "./python-json.ts";

/** The version that saved configs name in `_diffusers_version`: the diffusers release whose behaviour we follow. */
export const diffusersVersion = "0.40.0.dev0";

const unsaved = new Set(["_use_default_values", "_ignore_files", "_pre_quantization_dtype"]);

/**
 * The text that Python would save for this config: sorted keys, indent 2, `_class_name` and `_diffusers_version`
 * (diffusers' `ConfigMixin.to_json_string`).
 *
 * @throws InvalidArgumentError where no ConfigSchema made the object.
 */
export function formatConfig(config: object): string {
  const record = readConfigRecord(config);
  if (record === undefined) {
    throw new InvalidArgumentError({
      subject: "config",
      found: describeValue(config),
      expected: "the `config` of a scheduler, model or pipeline",
      remedy: "Make one with `fromOptions` or `fromConfig`.",
    });
  }
  const document: PythonJsonObject = Object.create(null);
  for (const [name, json] of record.entries) if (!unsaved.has(name)) document[name] = json;
  document["_class_name"] = record.className;
  document["_diffusers_version"] = diffusersVersion;
  return formatPythonJson(document);
}
