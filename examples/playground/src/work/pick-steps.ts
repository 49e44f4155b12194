/**
 * Which of some steps to show where there is room for a few: the first, the last, and others evenly between.
 *
 * @returns Indices, ascending.
 */
export function pickSteps(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, place) => Math.round((place * (count - 1)) / (most - 1)));
}
