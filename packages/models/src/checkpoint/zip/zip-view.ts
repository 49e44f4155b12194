/** Reads little-endian numbers from a chunk of a zip file. Positions are relative to the chunk. */
export class ZipView {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint16(position: number): number {
    return this.#view.getUint16(position, true);
  }

  uint32(position: number): number {
    return this.#view.getUint32(position, true);
  }

  /** A number; values above 2^53 are rounded, but exceed any file size. */
  uint64(position: number): number {
    return Number(this.#view.getBigUint64(position, true));
  }

  /** UTF-8 text; `undefined` if invalid. */
  text(start: number, length: number): string | undefined {
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return decoder.decode(this.bytes.subarray(start, start + length));
    } catch {
      return undefined;
    }
  }
}
