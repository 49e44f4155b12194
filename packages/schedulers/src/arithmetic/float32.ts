/**
 * Arithmetic on float32 numbers as torch does it on a CPU: each operation rounds once. `exp` and `log` are those of
 * JavaScript, rounded; torch's own differ from them by a unit in the last place now and then.
 */

/** `left + right` */
export function add(left: number, right: number): number {
  return Math.fround(left + right);
}

/** `left − right` */
export function sub(left: number, right: number): number {
  return Math.fround(left - right);
}

/** `left · right` */
export function mul(left: number, right: number): number {
  return Math.fround(left * right);
}

/** `left / right` */
export function div(left: number, right: number): number {
  return Math.fround(left / right);
}

/** `value²` */
export function square(value: number): number {
  return Math.fround(value * value);
}

/** `√value` */
export function sqrt(value: number): number {
  return Math.fround(Math.sqrt(value));
}

/** `e^value` */
export function exp(value: number): number {
  return Math.fround(Math.exp(value));
}

/** The natural logarithm. */
export function log(value: number): number {
  return Math.fround(Math.log(value));
}
