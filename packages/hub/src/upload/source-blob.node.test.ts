import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { SourceBlob } from "./source-blob.node.ts";
import type { UploadFile } from "./upload-files.ts";

/** A file of so many bytes, which notes the largest piece that it is asked for. */
function makeFile(size: number): UploadFile & { largest: number } {
  const file = {
    path: "w.bin",
    size,
    largest: 0,
    read: async (start: number, end: number) => {
      file.largest = Math.max(file.largest, end - start);
      return Uint8Array.from({ length: end - start }, (_, index) => (start + index) % 251);
    },
  };
  return file;
}

describe("SourceBlob", () => {
  it("gives the bytes of a file, and of slices of slices", async () => {
    const blob = new SourceBlob(makeFile(20));
    expect([blob.size, blob.path, blob instanceof Blob]).toEqual([20, "w.bin", true]);
    const slice = blob.slice(5, 15).slice(2, 100);
    expect(slice.size).toBe(8);
    expect([...new Uint8Array(await slice.arrayBuffer())]).toEqual([7, 8, 9, 10, 11, 12, 13, 14]);
    expect(blob.slice(30).size).toBe(0);
    expect(blob.slice(8, 4).size).toBe(0);
    expect(await new SourceBlob(makeFile(0)).text()).toBe("");
  });

  it("is sent by fetch piece by piece, with its length, and tells what was taken", async () => {
    const size = 3_000_000;
    let length: string | undefined;
    const received: Buffer[] = [];
    const server = createServer(async (message, response) => {
      length = message.headers["content-length"];
      for await (const chunk of message) received.push(chunk);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const file = makeFile(size);
    const taken: number[] = [];
    const body = new SourceBlob(file).watched((bytes) => taken.push(bytes));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await fetch(url, { method: "PUT", body })).status).toBe(200);
    await new Promise((resolve) => server.close(resolve));
    expect(length).toBe(String(size));
    const expected = Buffer.from(await file.read(0, size));
    expect(Buffer.compare(Buffer.concat(received), expected)).toBe(0);
    expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(size);
    expect(Math.max(...taken)).toBe(512 * 1024);
  });

  it("passes on what reading throws", async () => {
    const broken = { ...makeFile(9), read: () => Promise.reject(new Error("disk gone")) };
    const blob = new SourceBlob(broken);
    await expect(new Response(blob.stream()).text()).rejects.toThrow("disk gone");
    expect(blob.failure).toEqual(new Error("disk gone"));
    await expect(new SourceBlob(broken).arrayBuffer()).rejects.toThrow("disk gone");
  });
});
