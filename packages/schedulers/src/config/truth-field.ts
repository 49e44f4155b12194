import { booleanField, type ConfigField, PythonFloat, type PythonJson } from "@onestep/core";

/**
 * A field that holds true or false. Files that people or other tools write say it with null, 0 or 1 too, which Python
 * takes by their truth; the file keeps what it says. Options are true or false.
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
