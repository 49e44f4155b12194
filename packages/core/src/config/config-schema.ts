import { InvalidArgumentError, InvalidConfigError, type OnestepError, type Problem } from "../errors.ts";
import { isRecord } from "../realm.ts";
import { warn } from "../warn.ts";
import { type Config, createConfig, readConfigRecord, toPythonJson, toSnakeCase } from "./config.ts";
import type { ConfigField, ConfigOptions, ConfigValues } from "./config-field.ts";
import { describeJson, describeValue } from "./describe-value.ts";
import { isJsonObject, PythonFloat, type PythonJson } from "./python-json.ts";

/** The fields of a class, by their camelCase names. */
export type ConfigFields = Readonly<Record<string, ConfigField<unknown>>>;

/**
 * The configuration schema of one class: its fields, their defaults, and the conversion between camelCase options in
 * TypeScript and snake_case JSON on disk, like diffusers' `register_to_config` and `from_config`
 * (configuration_utils.py).
 *
 * @example
 * const schema = new ConfigSchema("MyScheduler", { numTrainTimesteps: integerField(1000), sigmaMax: floatField(80) });
 * const config = schema.fromConfig({ sigma_max: 70 });
 * console.log(config.sigmaMax, config.numTrainTimesteps); // 70 1000
 */
export class ConfigSchema<Fields extends ConfigFields> {
  readonly className: string;
  readonly fields: Fields;

  constructor(className: string, fields: Fields) {
    this.className = className;
    this.fields = fields;
  }

  /**
   * A config from camelCase options, as a constructor takes them. `undefined` means the default.
   *
   * @throws InvalidArgumentError if an option is unknown or has the wrong type.
   */
  fromOptions(options: ConfigOptions<Fields>): Config<ConfigValues<Fields>> {
    return this.#build(this.#writeOptions(options));
  }

  /**
   * A config from the content of a JSON file. Unknown entries are kept for saving, with a warning unless `_class_name`
   * names another class.
   *
   * @param source - Names the file in error messages.
   * @throws InvalidConfigError if the document is not an object or a field is of the wrong type.
   */
  fromJson(
    document: PythonJson,
    source: string,
    overrides: ConfigOptions<Fields> = {},
  ): Config<ConfigValues<Fields>> {
    if (!isJsonObject(document)) {
      throw new InvalidConfigError({
        subject: source,
        found: describeJson(document),
        expected: "a JSON object",
        remedy: `Check that it is the configuration of a ${this.className}.`,
      });
    }
    const entries = new Map(Object.entries(toPythonJson(document, source) as typeof document));
    const writtenBy = entries.get("_class_name") ?? this.className;
    if (typeof writtenBy !== "string" && !Array.isArray(writtenBy)) {
      throw this.#wrongType(false, `${source}: _class_name`, describeJson(writtenBy), "a string");
    }
    const defaulted = entries.get("_use_default_values");
    if (Array.isArray(defaulted)) for (const name of defaulted) entries.delete(String(name));
    entries.delete("_use_default_values");
    entries.delete("_class_name");
    this.#findUnknown(entries.keys(), writtenBy, source);
    return this.#build(new Map([...entries, ...this.#writeOptions(overrides)]), source);
  }

  /**
   * A config from another object's config (of this class or another, to swap schedulers), from a parsed JSON document,
   * or from options. From another object's config, only values set explicitly are copied, not defaults; fields unknown
   * to this class are preserved for converting back.
   *
   * @throws InvalidArgumentError if `config` or an override has another type.
   * @throws InvalidConfigError if a field of a JSON document is of the wrong type.
   */
  fromConfig(config: object, overrides: ConfigOptions<Fields> = {}): Config<ConfigValues<Fields>> {
    requireObject(this.className, config);
    const changes = this.#writeOptions(overrides);
    const record = readConfigRecord(config);
    if (record !== undefined) {
      const travelling = [...record.entries].filter(([name]) => !record.defaulted.has(name));
      const isOther = record.className !== this.className;
      if (isOther)
        this.#findUnknown(
          new Map(travelling).keys(),
          record.className,
          `the config of a ${record.className}`,
        );
      return this.#build(new Map([...travelling, ...changes]));
    }
    const source = `the config given to ${this.className}.fromConfig`;
    if (this.#looksLikeJson(config)) return this.fromJson(toPythonJson(config, source), source, overrides);
    return this.#build(new Map([...this.#writeOptions(config), ...changes]));
  }

  #build(entries: Map<string, PythonJson>, source?: string): Config<ConfigValues<Fields>> {
    const values: Record<string, unknown> = {};
    const defaulted = new Set<string>();
    for (const [name, field] of Object.entries(this.fields)) {
      const snakeName = toSnakeCase(name);
      let json = entries.get(snakeName);
      if (json === undefined) {
        json = field.defaultJson;
        defaulted.add(snakeName);
        entries.set(snakeName, json);
      }
      const value = field.read(json);
      if (value === undefined) {
        const subject = `${source ?? this.className}: ${snakeName}`;
        throw this.#wrongType(source === undefined, subject, describeJson(json), field.description);
      }
      values[name] = freeze(value);
    }
    const record = { className: this.className, entries, defaulted };
    const config = createConfig(values, record) as Config<ConfigValues<Fields>>;
    this.check(source ?? this.className, config);
    return config;
  }

  /**
   * Checks constraints across fields; none by default.
   *
   * @param subject - The class or the file, for messages.
   * @throws InvalidConfigError if the fields contradict each other.
   */
  protected check(_subject: string, _config: ConfigValues<Fields>): void {}

  /** The JSON form of camelCase options, by snake_case names. Inherited options are read too. */
  #writeOptions(options: object): Map<string, PythonJson> {
    requireObject(this.className, options);
    const unknown = Object.keys(options).find((name) => !Object.hasOwn(this.fields, name));
    if (unknown !== undefined) {
      throw new InvalidArgumentError({
        subject: `${this.className}: ${unknown}`,
        found: "an option of that name",
        expected: `one of ${Object.keys(this.fields).join(", ")}`,
        remedy: "Check the spelling.",
        summary: `${this.className} has no option \`${unknown}\`. Its options are ${Object.keys(this.fields).join(", ")}.`,
      });
    }
    const entries = new Map<string, PythonJson>();
    for (const [name, field] of Object.entries(this.fields)) {
      const value: unknown = Reflect.get(options, name);
      if (value === undefined) continue;
      const json = field.write(value);
      if (json === undefined) {
        throw this.#wrongType(true, `${this.className}: ${name}`, describeValue(value), field.description);
      }
      entries.set(toSnakeCase(name), isSameNumber(json, field.defaultJson) ? field.defaultJson : json);
    }
    return entries;
  }

  #wrongType(isArgument: boolean, subject: string, found: string, expected: string): OnestepError {
    const remedy = isArgument
      ? "Pass a value of that kind."
      : "Correct the file, or load another revision of it.";
    const problem: Problem = { subject, found, expected, remedy };
    return isArgument ? new InvalidArgumentError(problem) : new InvalidConfigError(problem);
  }

  /**
   * Warns about unknown entries of a config.
   *
   * @param names - As written in the file, without diffusers' internal entries.
   * @param writtenBy - The class named in the config: a string, or a list in files of custom pipelines.
   * @param source - Names the file.
   */
  protected warnOfUnknown(names: readonly string[], writtenBy: PythonJson, source: string): void {
    if (writtenBy === this.className) this.warnOf(names, source);
  }

  /** The warning; none if there are no names. */
  protected warnOf(names: readonly string[], source: string): void {
    if (names.length === 0) return;
    warn(
      `The config attributes ${names.join(", ")} were passed to ${this.className}, but are not expected and will be ignored. Please verify ${source}.`,
      "config",
    );
  }

  #findUnknown(names: Iterable<string>, writtenBy: PythonJson, source: string): void {
    const known = new Set(["quantization_config", ...Object.keys(this.fields).map(toSnakeCase)]);
    const unknown = [...names].filter((name) => !known.has(name) && !name.startsWith("_"));
    if (unknown.length > 0) this.warnOfUnknown(unknown, writtenBy, source);
  }

  #looksLikeJson(config: object): boolean {
    return Object.keys(config).some((name) => name.includes("_") && !Object.hasOwn(this.fields, name));
  }
}

function requireObject(subject: string, value: unknown): void {
  if (isRecord(value)) return;
  throw new InvalidArgumentError({
    subject,
    found: describeValue(value),
    expected: "an object",
    remedy: "Pass options or a config; to load by name, call `fromPretrained`.",
  });
}

function freeze(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze(value.map(freeze)) : value;
}

/** Whether a number given as an option equals the default, which then keeps its Python type, `int` or `float`. */
function isSameNumber(json: PythonJson, defaultJson: PythonJson): boolean {
  if (!(json instanceof PythonFloat)) return false;
  return (defaultJson instanceof PythonFloat ? defaultJson.value : defaultJson) === json.value;
}
