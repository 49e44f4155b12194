import type { ReadOptions } from "@onestep/hub";
import type { CheckpointTensor } from "./checkpoint.ts";

/** Bytes `start` to `end` (exclusive) of an array, its rows together wherever they lie. */
export async function readTensor(
  { file, offset, length, interleaved }: CheckpointTensor,
  start: number,
  end: number,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  if (interleaved === undefined) return file.read(offset + start, offset + end, options);
  const pieceLength = length / interleaved.groups;
  const bytes = new Uint8Array(end - start);
  for (let piece = Math.floor(start / pieceLength); piece * pieceLength < end; piece += 1) {
    const pieceStart = piece * pieceLength;
    const from = Math.max(start, pieceStart);
    const to = Math.min(end, pieceStart + pieceLength);
    const place = offset + piece * interleaved.of * pieceLength - pieceStart;
    bytes.set(await file.read(place + from, place + to, options), from - start);
  }
  return bytes;
}
