/** One file in a zip file: its central directory entry, and the location of its bytes. */
export interface ZipEntry {
  readonly name: string;
  /** First byte of the content in the zip file. */
  readonly offset: number;
  /** Size of the content in the zip file, in bytes. */
  readonly length: number;
  /** Whether the content is stored uncompressed. */
  readonly isStored: boolean;
}

/** An entry of the central directory, before its local header is read. */
export interface DirectoryEntry {
  readonly name: string;
  readonly flags: number;
  /** 0 if the content is stored uncompressed. */
  readonly method: number;
  readonly checksum: number;
  readonly size: number;
  readonly compressedSize: number;
  /** First byte of the local header. */
  readonly headerOffset: number;
}
