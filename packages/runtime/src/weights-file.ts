/** A file whose bytes can be had in parts: a `RepositoryFile` of `@onestep/hub`, say. */
export interface WeightsReader {
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `start` to `end` (exclusive). */
  read(
    start: number,
    end: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array>;
}

/**
 * A file that holds weights. In Node, its path on disk, symbolic links resolved; in browsers, its content, as a `Blob`
 * or `File` or behind a reader.
 */
export type WeightsFile = string | Blob | WeightsReader;
