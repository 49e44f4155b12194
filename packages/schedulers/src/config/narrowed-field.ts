import { type ConfigField, floatField, integerField, nullableField, PythonFloat } from "@onestep/core";
import { isTimestepCount, maximumTimestepCount } from "../sigmas/timestep-count.ts";

/** A field that holds fewer values than `field` does: those that `accepts` is true for. */
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
