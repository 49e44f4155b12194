import { type ConfigField, enumField } from "@onestep/core";

/**
 * A field that holds one of a few words, and takes a word of another scheduler's for one of them, so that configs can be
 * swapped. The file keeps the other word.
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
