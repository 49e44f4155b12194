import { UsageError } from "./parse-arguments.ts";

/** Maximum length of an expanded range: `0-9999`. */
const maximumRange = 10_000;

/** Maximum of any count option; more would only run out of memory. */
const maximumCount = 10_000;

/** A count, as in `--batch-size 4`: an integer from 1 to 10,000. @throws UsageError */
export function parseCount(option: string, text: string): number {
  const value = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= maximumCount) return value;
  throw new UsageError(
    `--${option}: found ${JSON.stringify(text)}, expected an integer from 1 to ${maximumCount}.`,
  );
}

/** A decimal number: `0.6`, `1e-3`. @throws UsageError */
export function parseNumber(option: string, text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new UsageError(`--${option}: found ${JSON.stringify(text)}, expected a number.`);
}

/** A whole number. @throws UsageError */
export function parseInteger(option: string, text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError(`--${option}: found ${JSON.stringify(text)}, expected an integer.`);
}

/**
 * Integers from every use of an option: `1,2,3`, and `0-9` for all of 0 to 9.
 *
 * @returns `undefined` if the option was not given.
 * @throws UsageError
 */
export function parseIntegers(option: string, texts: readonly string[]): readonly number[] | undefined {
  if (texts.length === 0) return undefined;
  return texts.flatMap((text) => text.split(",")).flatMap((part) => parseRange(option, part.trim()));
}

const lowestSeed = -(2n ** 63n);
const highestSeed = 2n ** 64n - 1n;

/** 64-bit integers, such as seeds: `0,1,18446744073709551615`. @throws UsageError */
export function parseBigIntegers(option: string, texts: readonly string[]): readonly bigint[] | undefined {
  if (texts.length === 0) return undefined;
  return texts
    .flatMap((text) => text.split(","))
    .map((part) => {
      const text = part.trim();
      const value = /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
      if (value !== undefined && value >= lowestSeed && value <= highestSeed) return value;
      throw new UsageError(
        `--${option}: found ${JSON.stringify(part)}, expected an integer from -2^63 to 2^64 - 1.`,
      );
    });
}

/**
 * Classes by number or name: `1,2,3`, `0-9` for all of 0 to 9, `fox,red apple`.
 *
 * @returns `undefined` if the option was not given.
 * @throws UsageError
 */
export function parseClassLabels(
  option: string,
  texts: readonly string[],
): readonly (number | string)[] | undefined {
  if (texts.length === 0) return undefined;
  return texts
    .flatMap((text) => text.split(","))
    .flatMap((part): readonly (number | string)[] => {
      const text = part.trim();
      if (/^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|\d+-\d+)$/i.test(text)) return parseRange(option, text);
      if (text !== "") return [text];
      throw new UsageError(`--${option}: found nothing between two commas, expected a number or a name.`);
    });
}

function parseRange(option: string, text: string): readonly number[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return [parseInteger(option, text)];
  const start = parseInteger(option, first);
  const length = parseInteger(option, last) - start + 1;
  if (length >= 1 && length <= maximumRange) return Array.from({ length }, (_, index) => start + index);
  throw new UsageError(
    `--${option}: found the range ${text}, expected one that runs upwards over at most ${maximumRange} numbers.`,
  );
}
