import type { RepositoryFile } from "@onestep/hub";

/** A file in memory that remembers whether anybody asked for bytes that it does not have. */
export interface GuardedFile {
  readonly file: RepositoryFile;
  /** The first request for bytes outside the file. */
  readonly outside: { readonly start: number; readonly end: number } | undefined;
}

/** Makes a {@link GuardedFile} of bytes. */
export function guardFile(bytes: Uint8Array): GuardedFile {
  let outside: GuardedFile["outside"];
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const isInside = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end;
    if (!isInside || end > bytes.length) outside ??= { start, end };
    return bytes.slice(start, end);
  };
  const file: RepositoryFile = {
    path: "weights",
    size: bytes.length,
    localPath: undefined,
    read,
    text: async () => new TextDecoder().decode(bytes),
  };
  return {
    file,
    get outside() {
      return outside;
    },
  };
}
