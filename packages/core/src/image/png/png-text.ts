import { describeValue } from "../../config/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";

/** Texts to write into a PNG, by keyword: `{ parameters: "a red fox" }`. Keywords have 1 to 79 Latin-1 characters. */
export type PngText = Readonly<Record<string, string>>;

/** A chunk of a PNG: its type, and the parts of its content. */
type PngChunk = readonly [type: string, parts: readonly Uint8Array[]];

/**
 * The chunks that hold texts: tEXt for those in Latin-1, iTXt (UTF-8, not compressed) for others (PNG specification, 11.3.3).
 *
 * @throws InvalidArgumentError unless every keyword has 1 to 79 printable Latin-1 characters, without spaces at its ends or two in a
 * row, and every text is a string without NUL characters.
 */
export function textChunks(text: PngText): readonly PngChunk[] {
  const given: unknown = text;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid("text", given, "an object of texts by keyword", 'Pass `{ parameters: "…" }`.');
  }
  return Object.entries(text).map(([keyword, value]) => {
    checkKeyword(keyword);
    if (typeof value !== "string" || value.includes("\0")) {
      throw invalid(
        `text.${keyword}`,
        value,
        "a string without NUL characters",
        "Leave it out, or pass another.",
      );
    }
    const isLatin = /^[\n\x20-\x7e\xa0-\xff]*$/.test(value);
    const separator = new Uint8Array(1);
    if (isLatin) return ["tEXt", [encodeLatin(keyword), separator, encodeLatin(value)]];
    // Keyword, not compressed, no language, no translated keyword.
    return ["iTXt", [encodeLatin(keyword), new Uint8Array(5), new TextEncoder().encode(value)]];
  });
}

function checkKeyword(keyword: string): void {
  const isPrintable = /^[\x20-\x7e\xa1-\xff]{1,79}$/.test(keyword);
  if (isPrintable && keyword.trim() === keyword && !keyword.includes("  ")) return;
  throw invalid(
    "a keyword of text",
    keyword,
    "1 to 79 printable Latin-1 characters, no spaces at the ends",
    'Use a short name: "parameters", "Comment".',
  );
}

function encodeLatin(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function invalid(subject: string, found: unknown, expected: string, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found: describeValue(found), expected, remedy });
}
