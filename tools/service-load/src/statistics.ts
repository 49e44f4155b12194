/** The value below which a share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** The mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Runs an action for each number from 0, by several callers at a time. */
export async function inParallel(
  count: number,
  callers: number,
  action: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const call = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await action(index);
  };
  await Promise.all(Array.from({ length: callers }, call));
}
