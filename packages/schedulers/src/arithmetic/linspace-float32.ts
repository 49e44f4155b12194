/**
 * `count` float32 numbers evenly spaced from `start` to `end`, as `torch.linspace` rounds them on a CPU with fused
 * multiply-add: from `start` upwards in the first half, from `end` downwards in the second. A single one is `start`.
 */
export function linspaceFloat32(start: number, end: number, count: number): Float32Array {
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
