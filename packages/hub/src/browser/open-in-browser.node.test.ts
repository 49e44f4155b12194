import type { ProgressEvent } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { staticServers } from "../__fixtures__/static-servers.ts";
import { platform } from "../platform.browser.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const startHub = fakeHubs();
const startServer = staticServers();

const weights = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
const repositories = {
  "a/b": { files: { "model_index.json": "{}", "empty.txt": "", "w.bin": { bytes: weights, lfs: true } } },
  "a/gated": { files: { "x.json": "{}" }, gatedToken: "hf_accepted" },
};

async function setUp(pageSize = 1000) {
  const hub = await startHub({ repositories, pageSize });
  const open = (options: OpenRepositoryOptions = {}, id = "a/b", revision = "main") =>
    platform.openHub(
      { id, revision, endpoint: new URL(hub.endpoint), environment: {} },
      { retry: quickRetries, ...options },
    );
  return { hub, open };
}

describe("a repository of the Hub without storage", () => {
  it("reads small files whole and large ones in place", async () => {
    const { hub, open } = await setUp(1);
    const repository = await open();
    expect(repository).toMatchObject({ name: "a/b", commit: hub.commit("a/b") });
    expect(await repository.list()).toEqual(["empty.txt", "model_index.json", "w.bin"]);
    expect(await repository.sizeOf?.("w.bin")).toBe(weights.length);
    expect(await repository.sizeOf?.("none")).toBeUndefined();
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): void => void events.push(event);
    const index = await repository.get("model_index.json", { onProgress });
    expect(await index.text()).toBe("{}");
    expect(events.map(({ type }) => type)).toEqual(["file-start", "file-end"]);

    const file = await repository.get("w.bin", { onProgress });
    expect(file).toMatchObject({ size: weights.length, localPath: undefined });
    expect(events).toHaveLength(2);
    hub.clearRequests();
    expect(await file.read(8, 64)).toEqual(weights.slice(8, 64));
    expect(hub.requests).toEqual([]);
    expect(await file.read(100_000, 100_016)).toEqual(weights.slice(100_000, 100_016));
    expect(hub.requests.at(-1)?.headers["range"]).toBe("bytes=100000-100015");
    expect(await file.read(0, weights.length)).toEqual(weights);
    expect(await (await repository.get("empty.txt")).text()).toBe("");
    expect(await repository.find("none")).toBeUndefined();
    expect(await caught(repository.get("none"))).toMatchObject({ code: "entry-not-found" });
  });

  it("asks for each file once", async () => {
    const { hub, open } = await setUp();
    const repository = await open();
    await repository.get("model_index.json");
    await repository.find("none");
    hub.clearRequests();
    await repository.get("model_index.json");
    await repository.find("none");
    expect(hub.requests).toEqual([]);
  });

  it("sends the token that is passed", async () => {
    const { open } = await setUp();
    expect(await caught((await open({}, "a/gated")).get("x.json"))).toMatchObject({
      code: "gated-repository",
    });
    const repository = await open({ token: "hf_accepted\n" }, "a/gated");
    expect(await (await repository.get("x.json")).text()).toBe("{}");
    expect(await caught(open({ token: "hf two" }))).toMatchObject({ code: "invalid-token" });
  });

  it("tells a file that changed or breaks off", async () => {
    const { hub, open } = await setUp();
    const file = await (await open()).get("w.bin");
    hub.addFault({ host: "cdn", wrongLength: -5, times: 1 });
    const short = await caught(file.read(100_000, 100_016));
    expect(short).toMatchObject({ code: "integrity" });
    expect(short.message).toContain("found 11 bytes");
    hub.addFault({ host: "cdn", status: 200, times: 1 });
    expect(await caught(file.read(100_000, 100_016))).toMatchObject({ code: "integrity" });
    hub.addFault({ host: "cdn", dropAfterBytes: 3, times: 1 });
    expect(await file.read(100_000, 100_016)).toEqual(weights.slice(100_000, 100_016));
    hub.addFault({ host: "cdn", dropAfterBytes: 3, times: 3 });
    expect(await caught(file.read(100_000, 100_016))).toMatchObject({ code: "connection" });
    expect(await caught(file.read(0, weights.length + 1))).toMatchObject({ code: "invalid-argument" });
    const signal = AbortSignal.abort(new Error("enough"));
    expect((await caught(file.read(100_000, 100_016, { signal }))).message).toBe("enough");
  });

  it.each([{ cacheDir: "x" }, { localFilesOnly: true }])(
    "refuses what needs storage: %j",
    async (options) => {
      const { open } = await setUp();
      const error = await caught(open(options));
      expect(error).toMatchObject({ code: "unsupported" });
      expect(error.message).toContain("cache of the browser: found no storage for files");
    },
  );
});

describe("a folder on a web server without storage", () => {
  const files = { "m/x.json": "{}", "m/w.bin": "a".repeat(100_000) };

  it("is read in place", async () => {
    const server = await startServer({ files });
    const repository = await platform.openWebFolder(new URL(`${server.url}/m/`), {});
    expect(repository).toMatchObject({ name: `${server.url}/m`, commit: undefined });
    expect(await repository.list()).toBeUndefined();
    expect(await (await repository.get("x.json")).text()).toBe("{}");
    const file = await repository.get("w.bin");
    expect(await file.read(70_000, 70_003)).toEqual(new TextEncoder().encode("aaa"));
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      "bytes=0-65535",
      "bytes=0-65535",
      "bytes=70000-70002",
    ]);
    expect(await repository.find("none")).toBeUndefined();
  });

  it("is read whole where the server knows no ranges", async () => {
    const server = await startServer({ files, ranges: false });
    const file = await (await platform.openWebFolder(new URL(`${server.url}/m`), {})).get("w.bin");
    expect(file.size).toBe(100_000);
    expect(await file.read(99_999, 100_000)).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });

  it("is not read where the server knows no ranges and a file is too large to hold", async () => {
    const server = await startServer({
      files: { "m/w.bin": "a".repeat(64 * 1024 * 1024 + 1) },
      ranges: false,
    });
    const repository = await platform.openWebFolder(new URL(`${server.url}/m`), {});
    const error = await caught(repository.get("w.bin"));
    expect(error).toMatchObject({ code: "unsupported" });
    expect(error.message).toContain("a server that supports range requests");
  });

  it("notices another version of the file", async () => {
    const server = await startServer({ files: { ...files }, headers: { ETag: '"1"' } });
    const file = await (await platform.openWebFolder(new URL(`${server.url}/m`), {})).get("w.bin");
    server.site.headers = { ETag: '"2"' };
    const error = await caught(file.read(70_000, 70_003));
    expect(error).toMatchObject({ code: "integrity" });
    expect(error.message).toContain("found another version of the file");
  });
});

describe("a platform without storage", () => {
  it("has no folders and no cache tools", async () => {
    expect(platform.readEnvironment()).toEqual({});
    expect(await platform.entryKind("/")).toBe("nothing");
    for (const refused of [platform.openFolder("/models"), platform.openCache({})]) {
      expect(await caught(refused)).toMatchObject({ code: "unsupported" });
    }
  });
});
