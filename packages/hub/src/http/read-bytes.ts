import { freeBuffer } from "@onestep/core";
import type { HttpAnswer } from "./http-answer.ts";
import { readSize } from "./read-size.ts";
import type { Patience } from "./request-watch.ts";

/** As much is set aside on the word of a server; beyond it, no more than twice of what has come. */
const trustedBytes = 16 * 1024 * 1024;

/** The body of an answer; `undefined` where it is longer than `limit` bytes. The rest is not read then. */
export async function readBytes(
  answer: HttpAnswer,
  limit: number,
  patience: Patience,
): Promise<Uint8Array | undefined> {
  const announced = readSize(answer.headers.get("Content-Length")) ?? 0;
  if (announced > limit) {
    await answer.discard();
    return undefined;
  }
  let bytes = new Uint8Array(Math.min(announced, trustedBytes));
  let size = 0;
  for await (const chunk of answer.passingChunks(patience)) {
    const end = size + chunk.length;
    if (end > limit) return undefined;
    if (end > bytes.length) bytes = grow(bytes, Math.min(Math.max(end, 2 * size), limit));
    bytes.set(chunk, size);
    size = end;
  }
  return size === bytes.length ? bytes : bytes.slice(0, size);
}

function grow(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(bytes);
  freeBuffer(bytes.buffer);
  return grown;
}
