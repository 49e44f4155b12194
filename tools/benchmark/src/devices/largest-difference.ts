/** The largest difference between numbers of lists and those in the same places of others; NaN where one has none. */
export function largestDifference(
  lists: readonly ArrayLike<number>[],
  others: readonly ArrayLike<number>[],
): number {
  let most = 0;
  for (const [number, list] of lists.entries()) {
    const other = others[number] ?? [];
    for (let index = 0; index < list.length; index += 1) {
      most = Math.max(most, Math.abs((list[index] ?? Number.NaN) - (other[index] ?? Number.NaN)));
    }
  }
  return most;
}
