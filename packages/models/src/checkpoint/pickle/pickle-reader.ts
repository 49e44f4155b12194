import { CheckpointError } from "../../errors.ts";

const newline = 0x0a;

/** Reads the bytes of a pickle sequentially. */
export class PickleReader {
  /** Names the pickle in messages. */
  readonly subject: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(subject: string, bytes: Uint8Array) {
    this.subject = subject;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** The error for a pickle damaged at this position. */
  fault(found: string, expected: string): CheckpointError {
    return new CheckpointError({
      subject: this.subject,
      found: `${found} before byte ${this.#position}`,
      expected,
      remedy: "The file is damaged or incomplete: fetch it again, or save it again with torch.save.",
    });
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A length; values above 2^53 are rounded, but exceed any pickle. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** The only big-endian number in a pickle. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** The next bytes, not copied. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** The next bytes as text in UTF-8. */
  text(length: number): string {
    const bytes = this.bytes(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.fault("text that is not UTF-8", "UTF-8");
    }
  }

  /** The text up to the line break, which is consumed. */
  line(): string {
    const text = this.text(this.#lineLength());
    this.#advance(1);
    return text;
  }

  /** Like {@link line}, for Latin-1, which maps each byte to the character of the same code. */
  latin1Line(): string {
    const bytes = this.bytes(this.#lineLength());
    this.#advance(1);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }

  #lineLength(): number {
    const end = this.#bytes.indexOf(newline, this.#position);
    if (end < 0) throw this.fault("a line without an end", "a line break");
    return end - this.#position;
  }

  #advance(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.fault(`a length of ${length}`, `at most the ${this.remaining} bytes that are left`);
    }
    const start = this.#position;
    this.#position += length;
    return start;
  }
}
