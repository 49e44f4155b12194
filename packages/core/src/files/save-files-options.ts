/** A file of `saveFiles`. */
export interface FileToSave {
  /** Its name in the folder. */
  readonly name: string;
  /** Text (written as UTF-8), all bytes, or pieces as they come. */
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Options of `saveFiles`. */
export interface SaveFilesOptions {
  /** Stops the work before the first file is put in place; what stood there stays. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The name of the one file that says which others belong together. Where it stands there already, it is taken away
   * before another file is replaced, and put in place after them: should the machine go down in between, nobody takes
   * a mixture of old and new for a whole.
   */
  readonly index?: string | undefined;
  /** Which other files of the folder an earlier save left, by name. They go when the new ones are in place. */
  readonly isObsolete?: ((name: string) => boolean) | undefined;
}
