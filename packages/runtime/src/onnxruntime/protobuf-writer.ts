const encoder = new TextEncoder();

/**
 * Writes the few protobuf wire types that ONNX needs. Fields are written in the order of the calls.
 *
 * A graph has tens of thousands of fields, written while a page waits. Most are a few bytes long, for which a list of
 * numbers is many times cheaper than byte arrays.
 */
export class ProtobufWriter {
  readonly #bytes: number[] = [];

  /** A varint field: int32, int64, enum. Negative numbers take ten bytes, as in protobuf. */
  integer(field: number, value: number | bigint): this {
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  /** A 32-bit float field. */
  float(field: number, value: number): this {
    this.#varint((field << 3) | 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(bytes);
  }

  /** A length-delimited field: bytes, a string, or a nested message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): this {
    const bytes =
      typeof value === "string" ? encodeText(value) : value instanceof ProtobufWriter ? value.#bytes : value;
    this.#varint((field << 3) | 2);
    this.#varint(bytes.length);
    return this.#append(bytes);
  }

  /** A packed repeated int64 field. */
  packedIntegers(field: number, values: readonly number[]): this {
    const packed = new ProtobufWriter();
    for (const value of values) packed.#varint(value);
    return this.bytes(field, packed);
  }

  /** Everything written so far, as one array. */
  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #varint(value: number | bigint): void {
    if (typeof value === "bigint" || value < 0) {
      this.#longVarint(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    let rest = value;
    while (rest > 127) {
      this.#bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }

  #longVarint(value: bigint): void {
    let rest = value;
    while (rest > 127n) {
      this.#bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }

  #append(bytes: ArrayLike<number>): this {
    for (let index = 0; index < bytes.length; index += 1) this.#bytes.push(bytes[index] as number);
    return this;
  }
}

/** A string in UTF-8. */
function encodeText(text: string): ArrayLike<number> {
  const codes: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127) return encoder.encode(text);
    codes.push(code);
  }
  return codes;
}
