import { damagedPng } from "./png-error.ts";

/**
 * Inflates the parts of a zlib stream without keeping the result, to find out whether it has the length that it should:
 * a small file can claim to hold little and inflate to gigabytes.
 *
 * @throws ImageError where the stream is damaged, shorter or longer.
 */
export async function checkInflatedLength(parts: readonly Uint8Array[], expected: number): Promise<void> {
  const stream = new Blob(parts as Uint8Array<ArrayBuffer>[]).stream();
  const reader = stream.pipeThrough(new DecompressionStream("deflate")).getReader();
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
