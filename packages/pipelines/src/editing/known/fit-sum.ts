/** Halvings of an interval of a few units: more than the digits of float32. */
const halvings = 40;

/**
 * Moves values into 0 to 1 so that their weighted sum is `target`, along the weights: `clamp(xᵢ + s · wᵢ)` for the s for
 * which it comes out. Clamping alone would lose what the sum is made of. Values within range whose sum fits stay.
 *
 * @param target - What the sum can be: from 0 to the sum of the weights.
 */
export function fitSum(
  values: readonly number[],
  weights: readonly number[],
  target: number,
): readonly number[] {
  if (values.every((value) => value >= 0 && value <= 1)) return values;
  const move = (shift: number): readonly number[] =>
    values.map((value, index) => Math.min(1, Math.max(0, value + shift * (weights[index] ?? 0))));
  const smallest = Math.min(...weights);
  let low = Math.min(0, -Math.max(...values) / smallest);
  let high = Math.max(0, (1 - Math.min(...values)) / smallest);
  for (let count = 0; count < halvings; count += 1) {
    const middle = (low + high) / 2;
    const sum = move(middle).reduce((total, value, index) => total + value * (weights[index] ?? 0), 0);
    if (sum < target) low = middle;
    else high = middle;
  }
  return move((low + high) / 2);
}
