import { expect, it } from "vitest";
import { readBytes } from "./read-body.ts";

function post(body: BodyInit, announced?: number): Request {
  const headers = announced === undefined ? {} : { "content-length": String(announced) };
  return new Request("http://localhost/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

function streamOf(...sizes: readonly number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(7));
      controller.close();
    },
  });
}

it.each([
  ["a small body that is announced", () => post("0123456789", 10), 10],
  ["one that is not", () => post(streamOf(4, 0, 6)), 10],
  ["one as large as the limit", () => post(streamOf(60, 40), 100), 100],
  ["none", () => new Request("http://localhost/", { method: "POST" }), 0],
])("reads %s", async (_, request, length) => {
  expect(await readBytes(request(), 100)).toHaveLength(length);
});

it.each([
  ["announced as more than the limit", () => post(streamOf(1), 101)],
  ["not announced, and larger", () => post(streamOf(60, 41))],
  ["announced as less than it is", () => post(streamOf(60, 41), 5)],
  ["announced with what is no number", () => post(streamOf(60, 41), Number.NaN)],
])("refuses a body that is %s", async (_, request) => {
  await expect(readBytes(request(), 100)).rejects.toMatchObject({ status: 413, code: "body_too_large" });
});
