import { damagedPng } from "./png-error.ts";

/** What is inflated at once: a thousand times of it has to be held. */
const pieceBytes = 16 * 1024;

/**
 * Inflates the parts of a zlib stream without keeping the result, to find out whether it has the length that it should:
 * a small file can claim to hold little and inflate to gigabytes.
 *
 * @throws ImageError where the stream is damaged, shorter or longer.
 */
export async function checkInflatedLength(parts: readonly Uint8Array[], expected: number): Promise<void> {
  const reader = streamPieces(parts).pipeThrough(new DecompressionStream("deflate")).getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > expected) break;
    }
  } catch (cause) {
    throw damagedPng("pixels that cannot be inflated", `${expected} bytes of them`, cause);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (length !== expected) {
    const found = length > expected ? `more than ${expected}` : `${length}`;
    throw damagedPng(`${found} bytes of pixels`, `${expected}`);
  }
}

/** Not the stream of a Blob: in Chromium (156) a read from one can go lost. */
function streamPieces(parts: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = cut(parts);
  return new ReadableStream({
    pull: (controller) => {
      const { done, value } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* cut(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>, undefined> {
  for (const part of parts as readonly Uint8Array<ArrayBuffer>[]) {
    for (let start = 0; start < part.length; start += pieceBytes) {
      yield part.subarray(start, start + pieceBytes);
    }
  }
}
