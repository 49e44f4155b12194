import type { ReadOptions, UploadFile } from "@onestep/hub";

const pieceBytes = 4 * 1024 * 1024;

/** The bytes of a file in chunks of at most 4 MiB, to copy files of any size without holding them in memory. */
export async function* readPieces(
  file: Pick<UploadFile, "size" | "read">,
  options: Pick<ReadOptions, "signal"> = {},
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < file.size; start += pieceBytes) {
    yield await file.read(start, Math.min(start + pieceBytes, file.size), options);
  }
}
