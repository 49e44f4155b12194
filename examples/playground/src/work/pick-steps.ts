/**
 * Which steps to show if there is room for only a few: the first, the last, and others evenly spaced between them.
 *
 * @returns Indices, ascending.
 */
export function pickSteps(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, place) => Math.round((place * (count - 1)) / (most - 1)));
}
