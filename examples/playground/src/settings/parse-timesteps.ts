/**
 * Parses timesteps as typed by a user: `35, 31, 0`.
 *
 * @returns Whole numbers in descending order; `undefined` for any other text.
 */
export function parseTimesteps(text: string): readonly number[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  if (parts.length === 0 || !parts.every((part) => /^\d{1,6}$/.test(part))) return undefined;
  const timesteps = parts.map(Number);
  const descends = timesteps.every((value, index) => index === 0 || value < (timesteps[index - 1] ?? 0));
  return descends ? timesteps : undefined;
}
