import type { HttpAnswer } from "./http-answer.ts";
import { readSize } from "./read-size.ts";
import type { Patience } from "./request-watch.ts";

/** The body of an answer; `undefined` where it is longer than `limit` bytes. The rest is not read then. */
export async function readBytes(
  answer: HttpAnswer,
  limit: number,
  patience: Patience,
): Promise<Uint8Array | undefined> {
  if ((readSize(answer.headers.get("Content-Length")) ?? 0) > limit) {
    await answer.discard();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.chunks(patience)) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
