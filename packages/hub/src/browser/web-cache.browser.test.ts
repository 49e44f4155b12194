import type { ProgressEvent } from "@onestep/core";
import { describe, expect, it, vi } from "vitest";
import { browserCaches } from "../__fixtures__/browser-caches.ts";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { noNetwork } from "../__fixtures__/logged-fetch.ts";
import { openRepository } from "../open-repository.ts";

const makeCache = browserCaches();
const address = "https://models.example/a?signature=secret";
const changed = "Thu, 01 Jan 2026 00:00:00 GMT";

/** An answer of another origin, of which a page sees the length and not that it is compressed. */
function ofOtherOrigin(response: Response): Response {
  return Object.defineProperty(response, "type", { value: "cors" });
}

/** A web server with one file, `w.bin`, of which it says when it was changed. */
function serve(text: string, headers: Readonly<Record<string, string>> = { "Last-Modified": changed }) {
  const sent = { requests: 0, bytes: 0, names: new Set<string>() };
  const answer: typeof fetch = async (input, init) => {
    sent.requests += 1;
    for (const name of new Headers(init?.headers).keys()) sent.names.add(name);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (pathname !== "/a/w.bin") return new Response(null, { status: 404 });
    let start = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: (controller) => {
          const piece = new TextEncoder().encode(text.slice(start, start + 1000));
          if (piece.length === 0) return controller.close();
          start += piece.length;
          sent.bytes += piece.length;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "Content-Length": String(text.length), ...headers } });
  };
  return { fetch: answer, sent };
}

describe("files of a web server in the cache of a browser", () => {
  it("are asked for once per repository, with nothing that a server would have to allow first", async () => {
    const cacheDir = makeCache();
    const first = serve("a".repeat(5000));
    const repository = await openRepository(address, { cacheDir, fetch: first.fetch });
    const file = await repository.get("w.bin");
    expect(await file.text()).toBe("a".repeat(5000));
    expect(file.blob).toBeInstanceOf(Blob);
    await repository.get("w.bin");
    expect(first.sent).toEqual({ requests: 1, bytes: 5000, names: new Set() });

    const second = serve("a".repeat(5000));
    const again = await (await openRepository(address, { cacheDir, fetch: second.fetch })).get("w.bin");
    expect(await again.text()).toBe("a".repeat(5000));
    // The headers of the answer say that it is the file at hand; its body is not read.
    expect(second.sent).toMatchObject({ requests: 1, bytes: 0 });
  });

  it.each([
    ["another time", { "Last-Modified": "Fri, 02 Jan 2026 00:00:00 GMT" }],
    ["another ETag", { ETag: '"2"' }],
    ["nothing about its version", {}],
  ])("are fetched again where the server says %s", async (_what, headers) => {
    const cacheDir = makeCache();
    const old: Readonly<Record<string, string>> =
      "ETag" in headers ? { ETag: '"1"' } : { "Last-Modified": changed };
    await (await openRepository(address, { cacheDir, fetch: serve("old", old).fetch })).get("w.bin");
    const { fetch } = serve("new", headers);
    const file = await (await openRepository(address, { cacheDir, fetch })).get("w.bin");
    expect(await file.text()).toBe("new");
    const offline = await openRepository(address, { cacheDir, fetch: noNetwork, localFilesOnly: true });
    expect(await (await offline.get("w.bin")).text()).toBe("new");
  });

  it("are used as they are without a connection", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const options = { cacheDir: makeCache(), retry: quickRetries };
    const known = await openRepository(address, { ...options, fetch: serve("text").fetch });
    await known.get("w.bin");
    expect(await known.find("none")).toBeUndefined();
    const repository = await openRepository(address, { ...options, fetch: noNetwork });
    expect(await (await repository.get("w.bin")).text()).toBe("text");
    expect(await repository.find("none")).toBeUndefined();
    expect(warning).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("The copies of https://models.example/a in the cache are used."),
    );
    expect(await caught(repository.get("other"))).toMatchObject({ code: "connection" });
    const never = await openRepository(address, { ...options, localFilesOnly: true });
    expect(await caught(never.get("other"))).toMatchObject({ code: "offline" });
  });
});

describe("answers of another origin that are compressed on their way", () => {
  const compressedLength = { "Content-Length": "12" };
  it.each([
    ["JSON", "config.json", { "Content-Type": "application/json" }],
    ["weights", "w.safetensors", { "Content-Type": "application/octet-stream" }],
    ["a file with a weak ETag that a page may see", "w.bin", { ETag: 'W/"1"' }],
    ["a file without a type", "w", {}],
  ])("are read for what they are: %s", async (_what, path, headers) => {
    const text = "the file as it is, of another length than it had on its way";
    const cacheDir = makeCache();
    const serveIt: typeof fetch = async () => {
      const all = { ...compressedLength, "Last-Modified": changed, ...headers };
      return ofOtherOrigin(new Response(text, { headers: all as Record<string, string> }));
    };
    const asked = vi.fn(serveIt);
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): void => void events.push(event);
    const file = await (await openRepository(address, { cacheDir, fetch: asked })).get(path, { onProgress });
    expect(await file.text()).toBe(text);
    expect(asked).toHaveBeenCalledOnce();
    for (const event of events) {
      if (event.type !== "file-progress") continue;
      expect(event.loadedBytes).toBeLessThanOrEqual(event.totalBytes ?? Number.POSITIVE_INFINITY);
    }
    expect(events.at(-1)).toMatchObject({ type: "file-end", totalBytes: text.length });
    // The second visit finds that nothing has changed.
    const again: ProgressEvent[] = [];
    const repository = await openRepository(address, { cacheDir, fetch: asked });
    await repository.get(path, { onProgress: (event) => void again.push(event) });
    expect(again.map((event) => "cached" in event && event.cached)).toEqual([true, true]);
  });

  it("of the same origin are still checked by their length", async () => {
    const answer: typeof fetch = async () => new Response("longer than that", { headers: compressedLength });
    const options = { cacheDir: makeCache(), fetch: answer, retry: quickRetries };
    const error = await caught((await openRepository(address, options)).get("w.bin"));
    expect(error).toMatchObject({ code: "integrity" });
  });
});

describe("a copy in the cache of a browser", () => {
  it.each([
    ["404", () => new Response(null, { status: 404 })],
    ["410", () => new Response(null, { status: 410 })],
    ["a page to log in", () => new Response("<html>", { headers: { "Content-Type": "text/html" } })],
  ])("stays and is used with a warning where the server answers with %s", async (_what, answer) => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cacheDir = makeCache();
    await (await openRepository(address, { cacheDir, fetch: serve("text").fetch })).get("w.bin");
    const later = await openRepository(address, { cacheDir, fetch: async () => answer() });
    expect(await (await later.get("w.bin")).text()).toBe("text");
    expect(warning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("in the cache are used"));
    const offline = await openRepository(address, { cacheDir, fetch: noNetwork, localFilesOnly: true });
    expect(await (await offline.get("w.bin")).text()).toBe("text");
  });
});

it("a page is told of CORS and of its policy, soon, where a request fails", async () => {
  const failing = vi.fn(noNetwork);
  const options = { cacheDir: makeCache(), fetch: failing, retry: { baseWaitTime: 0.001 } };
  const error = await caught((await openRepository(address, options)).get("w.bin"));
  expect(error).toMatchObject({ code: "connection" });
  expect(error.message).toContain("Access-Control-Allow-Origin");
  expect(error.message).toContain("connect-src");
  expect(failing).toHaveBeenCalledTimes(3);
});
