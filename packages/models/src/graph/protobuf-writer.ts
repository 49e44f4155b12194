const encoder = new TextEncoder();

/** Writes the few protobuf wire types that ONNX needs. Fields are written in the order of the calls. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A varint field: int32, int64, enum. Negative numbers take ten bytes, as protobuf has it. */
  integer(field: number, value: number | bigint): this {
    this.#varint(BigInt(field << 3));
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  /** A 32-bit float field. */
  float(field: number, value: number): this {
    this.#varint(BigInt((field << 3) | 5));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(bytes);
  }

  /** A length-delimited field: bytes, a string, or a nested message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): this {
    const bytes =
      typeof value === "string"
        ? encoder.encode(value)
        : value instanceof ProtobufWriter
          ? value.finish()
          : value;
    this.#varint(BigInt((field << 3) | 2));
    this.#varint(BigInt(bytes.length));
    return this.#append(bytes);
  }

  /** A packed repeated int64 field. */
  packedIntegers(field: number, values: readonly number[]): this {
    const packed = new ProtobufWriter();
    for (const value of values) packed.#varint(BigInt.asUintN(64, BigInt(value)));
    return this.bytes(field, packed);
  }

  /** Everything written so far, as one array. */
  finish(): Uint8Array {
    const joined = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#append(Uint8Array.from(bytes));
  }

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }
}
