import type { ReadOptions, UploadFile } from "@onestep/hub";

const pieceBytes = 4 * 1024 * 1024;

/** The bytes of a file in pieces of at most 4 MiB, so that a file of any size is copied without being held. */
export async function* readPieces(
  file: Pick<UploadFile, "size" | "read">,
  options: Pick<ReadOptions, "signal"> = {},
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < file.size; start += pieceBytes) {
    yield await file.read(start, Math.min(start + pieceBytes, file.size), options);
  }
}
