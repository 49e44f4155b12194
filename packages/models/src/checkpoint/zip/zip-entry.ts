/** One file in a zip file: what the central directory says of it, and where its bytes lie. */
export interface ZipEntry {
  readonly name: string;
  /** First byte of the content in the zip file. */
  readonly offset: number;
  /** Bytes that the content takes in the zip file. */
  readonly length: number;
  /** Whether these bytes are the content itself. */
  readonly isStored: boolean;
}

/** An entry of the central directory, before its local header was looked at. */
export interface DirectoryEntry {
  readonly name: string;
  readonly flags: number;
  /** 0 where the content is stored as it is. */
  readonly method: number;
  readonly checksum: number;
  readonly size: number;
  readonly compressedSize: number;
  /** First byte of the local header. */
  readonly headerOffset: number;
}
