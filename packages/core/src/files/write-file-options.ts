/** Options of {@link writeFileAside}. */
export interface WriteFileOptions {
  /** Stops the write between two pieces; what stood in the file's place stays. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the folder of the file, and those above it, where they are missing. By default the folder must exist. */
  readonly createFolder?: boolean | undefined;
}
