import { expect, it } from "vitest";
import { readEvents } from "./read-events.ts";

async function read(...parts: readonly string[]): Promise<readonly string[]> {
  const bytes = new TextEncoder().encode(parts.join(""));
  const found: string[] = [];
  // Byte by byte, so that every line and letter is cut somewhere.
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  for await (const data of readEvents(body)) found.push(data);
  return found;
}

it("reads the data of events, whatever the line breaks and wherever the stream is cut", async () => {
  expect(await read("event: a\ndata: 1\n\n", ": keep-alive\n\n", 'data:{"ä":2}\r\n\r\n')).toEqual([
    "1",
    '{"ä":2}',
  ]);
  expect(await read("data: one\rdata: two\r\r", "data: [DONE]\n\n")).toEqual(["one\ntwo", "[DONE]"]);
});

it("skips an event that is cut off", async () => {
  expect(await read("data: 1\n\ndata: 2\n")).toEqual(["1"]);
});
