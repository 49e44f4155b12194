/** Each of the values `count` times, in their order: `torch.repeat_interleave`. */
export function repeatEach(values: ArrayLike<number>, count: number): Float64Array {
  return Float64Array.from({ length: values.length * count }, (_, index) =>
    Number(values[Math.floor(index / count)]),
  );
}
