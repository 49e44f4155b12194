const marker: unique symbol = Symbol.for("onestep.python-float");

/**
 * A JSON number that Python reads as a `float`: `7.0` and `1e-05`, where JavaScript would see `7` and `0.00001`.
 * Kept apart so that a config saved here is the one that Python would save, byte for byte.
 *
 * `instanceof` holds across duplicate copies of the package.
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

/** What a JSON document of Python's holds. Integers beyond 2^53 are `bigint`. */
export type PythonJson =
  | null
  | boolean
  | string
  | number
  | bigint
  | PythonFloat
  | PythonJson[]
  | { [key: string]: PythonJson };

/** An object of a JSON document of Python's. Made without a prototype, so that `__proto__` is a key like any other. */
export type PythonJsonObject = { [key: string]: PythonJson };

/** How deep a document may nest. The deepest config of diffusers has four levels. */
export const maximumJsonDepth = 64;
