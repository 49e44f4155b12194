/**
 * Float32 arithmetic as torch does it on a CPU: each operation rounds once. `exp` and `log` are JavaScript's, rounded
 * to float32; torch's own occasionally differ by one unit in the last place.
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
 * `count` numbers evenly spaced from `start` to `end`, rounded like `torch.linspace` on a CPU with fused multiply-add:
 * upwards from `start` in the first half, downwards from `end` in the second. A single number is `start`.
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

/** Rounds the result of an operation to the number type used by torch: `Math.fround` for float32. */
export type Rounding = (value: number) => number;

/** Float64: no rounding. */
export const keepFloat64: Rounding = (value) => value;
