/**
 * Reads timesteps as a person writes them: `35, 31, 0`.
 *
 * @returns Whole numbers, each smaller than the one before; `undefined` where it is something else.
 */
export function parseTimesteps(text: string): readonly number[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  if (parts.length === 0 || !parts.every((part) => /^\d{1,6}$/.test(part))) return undefined;
  const timesteps = parts.map(Number);
  const descends = timesteps.every((value, index) => index === 0 || value < (timesteps[index - 1] ?? 0));
  return descends ? timesteps : undefined;
}
