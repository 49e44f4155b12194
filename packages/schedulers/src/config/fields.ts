import {
  booleanField,
  type ConfigField,
  enumField,
  floatField,
  integerField,
  nullableField,
  PythonFloat,
  type PythonJson,
} from "@onestep/core";
import { isTimestepCount, maximumTimestepCount } from "../checks.ts";

/** Narrows `field` to the values for which `accepts` returns true. */
export function narrowedField<Value>(
  field: ConfigField<Value>,
  description: string,
  accepts: (value: Value) => boolean,
): ConfigField<Value> {
  const read: ConfigField<Value>["read"] = (json) => {
    const value = field.read(json);
    return value !== undefined && accepts(value) ? value : undefined;
  };
  const write: ConfigField<Value>["write"] = (value) => {
    const json = field.write(value);
    return json !== undefined && read(json) !== undefined ? json : undefined;
  };
  return { description, defaultJson: field.defaultJson, read, write };
}

/** A finite number; Python's default is a `float`. */
export function finiteField(defaultValue: number): ConfigField<number> {
  return narrowedField(floatField(new PythonFloat(defaultValue)), "a finite number", Number.isFinite);
}

/** A finite number above 0; Python's default is a `float`. */
export function positiveField(defaultValue: number): ConfigField<number> {
  return narrowedField(finiteField(defaultValue), "a number above 0", (value) => value > 0);
}

/** A number above 0 that may be infinite, or null; Python's default is a `float`. */
export function limitField(defaultValue: number): ConfigField<number | null> {
  const defaultJson = new PythonFloat(defaultValue);
  const field = narrowedField(floatField(defaultJson), "a number above 0", (value) => value > 0);
  return nullableField(field, defaultJson);
}

/** A finite number that is not 0; Python's default is a `float`. */
export function nonZeroField(defaultValue: number): ConfigField<number> {
  return narrowedField(finiteField(defaultValue), "a number other than 0", (value) => value !== 0);
}

/** A number of timesteps. */
export function timestepCountField(defaultValue: number): ConfigField<number> {
  const description = `a whole number from 1 to ${maximumTimestepCount}`;
  return narrowedField(integerField(defaultValue), description, isTimestepCount);
}

/** A number from 0 to 1; Python's default is a `float`. */
export function fractionField(defaultValue: number): ConfigField<number> {
  return narrowedField(
    finiteField(defaultValue),
    "a number from 0 to 1",
    (value) => value >= 0 && value <= 1,
  );
}

/**
 * A boolean field. Files written by hand or by other tools may also contain null, 0 or 1, which Python accepts by
 * truthiness; the file's value is kept when saving. Options are true or false.
 */
export function truthField(defaultValue: boolean): ConfigField<boolean> {
  const field = booleanField(defaultValue);
  return { ...field, read: (json) => field.read(json) ?? truths.get(plainNumber(json)) };
}

const truths: ReadonlyMap<PythonJson, boolean> = new Map<PythonJson, boolean>([
  [null, false],
  [0, false],
  [1, true],
]);

function plainNumber(json: PythonJson): PythonJson {
  return json instanceof PythonFloat ? json.value : json;
}

/**
 * A field with a fixed set of choices that also reads another scheduler's choices as one of its own, so that configs
 * can be swapped. The original value is kept when saving.
 */
export function aliasedEnumField<const Choice extends string>(
  choices: readonly Choice[],
  defaultValue: NoInfer<Choice>,
  aliases: Readonly<Record<string, NoInfer<Choice>>>,
): ConfigField<Choice> {
  const field = enumField<Choice>(choices, defaultValue);
  const isAlias = (value: unknown): value is string =>
    typeof value === "string" && Object.hasOwn(aliases, value);
  return {
    description: field.description,
    defaultJson: field.defaultJson,
    read: (json) => (isAlias(json) ? aliases[json] : field.read(json)),
    write: (value) => (isAlias(value) ? value : field.write(value)),
  };
}
