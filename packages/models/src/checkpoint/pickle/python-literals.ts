/** The longest integer that Python converts from text (`sys.int_info.default_max_str_digits`). */
const maximumDigits = 4300;

/** An integer, parsed from text as by `int`; `undefined` if invalid. */
export function parsePythonInteger(text: string): number | bigint | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed) || trimmed.length > maximumDigits) return undefined;
  return toPickleInteger(BigInt(trimmed.replace("+", "")));
}

/** A float, parsed from text as by `float`; `undefined` if invalid. */
export function parsePythonFloat(text: string): number | undefined {
  const trimmed = text.trim();
  const special = /^([+-]?)(inf|nan)(?:inity)?$/i.exec(trimmed);
  if (special !== null) {
    const value = special[2]?.toLowerCase() === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === "-" ? -value : value;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : undefined;
}

/** A little-endian two's complement integer of any length. */
export function decodePythonInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  let magnitude = 0n;
  for (const byte of bytes.toReversed()) magnitude = (magnitude << 8n) | BigInt(byte);
  return toPickleInteger(BigInt.asIntN(8 * bytes.length, magnitude));
}

const simpleEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const escapes = /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]?))/g;

/** A quoted string as written by Python 2's `repr`; `undefined` if invalid. */
export function parsePythonString(text: string): string | undefined {
  const match = /^(['"])(.*)\1\s*$/s.exec(text);
  if (match === null) return undefined;
  let isValid = true;
  const result = (match[2] ?? "").replace(escapes, (_whole, hexadecimal, octal, simple) => {
    if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    const character = Object.hasOwn(simpleEscapes, simple) ? simpleEscapes[simple] : undefined;
    if (character === undefined) isValid = false;
    return character ?? "";
  });
  return isValid ? result : undefined;
}

/** Text in Python's "raw unicode escape" encoding, whose only escapes are `\u` and `\U`. */
export function parseRawUnicode(text: string): string | undefined {
  try {
    return text.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_whole, short, long) =>
      String.fromCodePoint(Number.parseInt(short ?? long, 16)),
    );
  } catch {
    return undefined;
  }
}

function toPickleInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
