/** `count` numbers evenly spaced from 0 to 1, as `np.linspace(0, 1, count)` rounds them; a single one is 0. */
export function unitRamp(count: number): Float64Array {
  const gap = count === 1 ? 0 : 1 / (count - 1);
  const ramp = new Float64Array(count);
  for (let index = 1; index < count; index += 1) ramp[index] = index === count - 1 ? 1 : index * gap;
  return ramp;
}
