import { InvalidArgumentError } from "@onestep/core";

const units: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/**
 * Parses `maxShardSize` to bytes, as huggingface_hub does: an integer, or digits and a unit, `KB`, `MB`, `GB` or `TB`, in
 * powers of 1000 (`"5GB"`, `"1.5 gb"`).
 *
 * @throws InvalidArgumentError if it is neither, or less than a byte.
 */
export function parseShardSize(size: number | string): number {
  const bytes = typeof size === "string" ? parseText(size) : size;
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new InvalidArgumentError({
    subject: "maxShardSize",
    found: typeof size === "string" ? JSON.stringify(size) : String(size),
    expected: 'a number of bytes of at least 1, or a number and a unit: "500MB", "5GB"',
    remedy: "Leave it out for 10GB.",
  });
}

function parseText(text: string): number | undefined {
  const [, number, unit] = /^\s*(\d{1,15}(?:\.\d{0,15})?)\s*([kmgt]b)\s*$/i.exec(text) ?? [];
  const factor = units[unit?.toUpperCase() ?? ""];
  return number === undefined || factor === undefined ? undefined : Math.trunc(Number(number) * factor);
}
