/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const trueValues = new Set(["1", "ON", "YES", "TRUE"]);

/** The value of a variable; `undefined` where it is unset or empty. */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === undefined || value === "" ? undefined : value;
}

/** Whether a variable is switched on, as huggingface_hub reads it: `1`, `ON`, `YES` or `TRUE`, in any case. */
export function isEnabled(environment: Environment, name: string): boolean {
  return trueValues.has(readVariable(environment, name)?.toUpperCase() ?? "");
}
