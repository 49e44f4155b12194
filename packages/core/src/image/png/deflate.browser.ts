import { nextTask } from "../../async.ts";

/** Compresses the concatenation of pieces in the zlib format. Yields to the page after each. */
export async function deflate(pieces: Iterable<Uint8Array<ArrayBuffer>>): Promise<readonly Uint8Array[]> {
  const { readable, writable } = new CompressionStream("deflate");
  const [deflated] = await Promise.all([readAll(readable), writeAll(writable.getWriter(), pieces)]);
  return deflated;
}

async function writeAll(
  writer: WritableStreamDefaultWriter<BufferSource>,
  pieces: Iterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  for (const piece of pieces) {
    await writer.write(piece);
    await nextTask();
  }
  await writer.close();
}

async function readAll(readable: ReadableStream<Uint8Array>): Promise<readonly Uint8Array[]> {
  const reader = readable.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
  }
}
