import type { PythonJson } from "./python-json.ts";

const recordKey: unique symbol = Symbol.for("onestep.config-record");

/** What a config keeps besides its values: the document that would be saved. */
export interface ConfigRecord {
  /** The class that the config describes, as diffusers names it (`UNet2DModel`). */
  readonly className: string;
  /** Every entry in its snake_case JSON form, unknown ones included; `_class_name` is not among them. */
  readonly entries: ReadonlyMap<string, PythonJson>;
  /** Snake_case names of the fields that nobody set. They do not travel to another class (diffusers' rule). */
  readonly defaulted: ReadonlySet<string>;
}

/**
 * A configuration: camelCase values, frozen, and behind them the document they came from, so that entries which
 * this class does not know survive a round trip through `fromConfig` and `savePretrained`.
 */
export type Config<Values> = Values & { readonly [recordKey]: ConfigRecord };

/** Attaches the record to the values and freezes both. */
export function createConfig<Values extends object>(values: Values, record: ConfigRecord): Config<Values> {
  const config = { ...values };
  Object.defineProperty(config, recordKey, { value: record, enumerable: false });
  return Object.freeze(config) as Config<Values>;
}

/** The document behind a config; `undefined` for any other object. */
export function readConfigRecord(value: object): ConfigRecord | undefined {
  return recordKey in value ? (value as { [recordKey]: ConfigRecord })[recordKey] : undefined;
}
