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

/** `e^value − 1` */
export function expm1(value: number): number {
  return Math.fround(Math.expm1(value));
}

/** The natural logarithm. */
export function log(value: number): number {
  return Math.fround(Math.log(value));
}

/**
 * `count` numbers evenly spaced from `start` to `end`, as `torch.linspace` rounds them on a CPU with fused multiply-add:
 * from `start` upwards in the first half, from `end` downwards in the second. A single one is `start`.
 */
export function linspace(start: number, end: number, count: number): Float32Array {
  const first = Math.fround(start);
  const last = Math.fround(end);
  const gaps = count - 1;
  const step = gaps === 0 ? 0 : Math.fround(Math.fround(last - first) / gaps);
  const values = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    const isInFirstHalf = index < Math.floor(count / 2) || gaps === 0;
    values[index] = isInFirstHalf ? first + step * index : last - step * (gaps - index);
  }
  return values;
}

/** Rounds the result of an operation to the type that torch computes it in: `Math.fround` for float32. */
export type Rounding = (value: number) => number;

/** The rounding of float64: none. */
export const keepFloat64: Rounding = (value) => value;
