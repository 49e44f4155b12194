const marker: unique symbol = Symbol.for("onestep.python-float");

/**
 * A JSON number that Python reads as a `float`: `7.0` and `1e-05`, where JavaScript would see `7` and `0.00001`.
 * Preserved so that configs saved here match Python's byte for byte.
 *
 * `instanceof` holds across duplicate copies of the package.
 *
 * @example
 * const field = floatField(new PythonFloat(80)); // saved as 80.0, as Python writes it
 */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
    Object.defineProperty(this, marker, { value: true });
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** A value in a Python JSON document. Integers beyond 2^53 are `bigint`. */
export type PythonJson =
  | null
  | boolean
  | string
  | number
  | bigint
  | PythonFloat
  | PythonJson[]
  | { [key: string]: PythonJson };

/** An object in a Python JSON document. It has no prototype, so that `__proto__` is an ordinary key. */
export type PythonJsonObject = { [key: string]: PythonJson };

/** How deep a document may nest. The deepest config of diffusers has four levels. */
export const maximumJsonDepth = 64;

/** Formats a number as Python's `json` does, that is, `repr(float)`: `80.0`, `1e-05`, `1e+16`, `NaN`, `Infinity`. */
export function formatPythonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  // Both languages write the shortest digits that round-trip; they differ in when they switch to an exponent.
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  const sign = value < 0 ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** Whether a JSON value is an object. */
export function isJsonObject(json: PythonJson): json is PythonJsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof PythonFloat);
}
