import { InvalidConfigError } from "../errors.ts";
import { describeValue } from "./describe-value.ts";
import { identifyText } from "./identify-text.ts";
import { maximumJsonDepth, PythonFloat, type PythonJson, type PythonJsonObject } from "./python-json.ts";

/** The longest integer that Python converts from text (`sys.int_info.default_max_str_digits`). */
const maximumDigits = 4300;
const numberPattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const constantPattern = /NaN|-?Infinity/y;

class Reader {
  readonly #text: string;
  readonly #source: string;
  #position = 0;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  readDocument(): PythonJson {
    const foreign = identifyText(this.#text);
    if (foreign !== undefined) {
      throw new InvalidConfigError({ subject: this.#source, expected: "a JSON value", ...foreign });
    }
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#position < this.#text.length) this.#fail("the end of the document");
    return value;
  }

  #readValue(depth: number): PythonJson {
    this.#skipSpace();
    if (depth > maximumJsonDepth) this.#fail(`at most ${maximumJsonDepth} levels of nesting`);
    switch (this.#text[this.#position]) {
      case "{":
        return this.#readObject(depth);
      case "[":
        return this.#readArray(depth);
      case '"':
        return this.#readString();
      case "t":
        return this.#readWord("true", true);
      case "f":
        return this.#readWord("false", false);
      case "n":
        return this.#readWord("null", null);
      default:
        return this.#readNumber();
    }
  }

  #readObject(depth: number): PythonJsonObject {
    const object: PythonJsonObject = Object.create(null);
    this.#position += 1;
    this.#skipSpace();
    if (this.#skip("}")) return object;
    for (;;) {
      this.#skipSpace();
      const keyPosition = this.#position;
      const key = this.#readString();
      if (Object.hasOwn(object, key)) {
        this.#position = keyPosition;
        this.#fail(`each key once; ${describeValue(key)} stands twice`);
      }
      this.#skipSpace();
      if (!this.#skip(":")) this.#fail('":"');
      object[key] = this.#readValue(depth + 1);
      this.#skipSpace();
      if (this.#skip("}")) return object;
      if (!this.#skip(",")) this.#fail('"," or "}"');
    }
  }

  #readArray(depth: number): PythonJson[] {
    const array: PythonJson[] = [];
    this.#position += 1;
    this.#skipSpace();
    if (this.#skip("]")) return array;
    for (;;) {
      array.push(this.#readValue(depth + 1));
      this.#skipSpace();
      if (this.#skip("]")) return array;
      if (!this.#skip(",")) this.#fail('"," or "]"');
    }
  }

  #readString(): string {
    if (this.#text[this.#position] !== '"') this.#fail("a string in double quotes");
    const end = this.#findStringEnd();
    if (end > this.#text.length) {
      this.#position = this.#text.length;
      this.#fail("the end of a string");
    }
    try {
      const text = JSON.parse(this.#text.slice(this.#position, end)) as string;
      this.#position = end;
      return text;
    } catch {
      return this.#fail("a string with valid escapes and without raw control characters");
    }
  }

  /** The end of the string starting here; past the end of the text if it is unterminated. */
  #findStringEnd(): number {
    let end = this.#position + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    return end + 1;
  }

  #readNumber(): PythonJson {
    const constant = this.#match(constantPattern);
    if (constant !== undefined) return new PythonFloat(Number(constant[0]));
    const match = this.#match(numberPattern);
    if (match === undefined) this.#fail("a JSON value");
    const [literal, fraction, exponent] = match;
    if (fraction !== undefined || exponent !== undefined) return new PythonFloat(Number(literal));
    const value = Number(literal);
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    if (literal.length > maximumDigits) {
      this.#position -= literal.length;
      this.#fail(`an integer of at most ${maximumDigits} digits`);
    }
    return BigInt(literal);
  }

  #readWord<Value extends PythonJson>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#position)) this.#fail("a JSON value");
    this.#position += word.length;
    return value;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position += match[0].length;
    return match;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#position] ?? "x")) this.#position += 1;
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#position, this.#position + 24);
    const lines = this.#text.slice(0, this.#position).split("\n");
    const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
    throw new InvalidConfigError({
      subject: this.#source,
      found: `${rest === "" ? "the end of the text" : JSON.stringify(rest)} at ${place}`,
      expected,
      remedy: "Check that the file is complete and is JSON.",
    });
  }
}

/**
 * Reads JSON as Python does: integers and floats are distinguished, `NaN` and `Infinity` are allowed. Unlike in Python,
 * a duplicate key in an object is an error.
 *
 * @param source - Names the document in error messages.
 * @throws InvalidConfigError if the text is not JSON (a Git LFS pointer, a web page), nests deeper than 64 levels, or
 *   repeats a key.
 */
export function parsePythonJson(text: string, source: string): PythonJson {
  return new Reader(text, source).readDocument();
}
