import { mkdir, readFile, rm, stat, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProgressEvent } from "@onestep/core";
import { beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "../__fixtures__/fake-hubs.ts";
import { folderEntries, temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { DiskStore } from "../node/disk-store.ts";
import { FileLock } from "../node/lock.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();
let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});

const path = "unet/w.safetensors";
const weights = "hello world";
const weightsId = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
const indexId = "9e26dfeeb6e641a33dae4961196235bdb965b21b"; // git's name for {}
const large = Uint8Array.from({ length: 2_000_000 }, (_, index) => index % 253);
const files = {
  "model_index.json": "{}",
  [path]: { bytes: weights, lfs: true },
  "large.bin": { bytes: large, lfs: true },
};
const partLine = /^models--a--b\/blobs\/[0-9a-f]{64}\.onestep-[0-9a-f]{8}\.incomplete$/;
const impatient = { HF_HUB_DOWNLOAD_TIMEOUT: "0.1", HF_HUB_ETAG_TIMEOUT: "0.1" };

async function setUp(options: Partial<Parameters<typeof startHub>[0]> = {}) {
  const hub = await startHub({ repositories: { "a/b": { files } }, ...options });
  const cacheDir = await makeFolder();
  const open = (more: OpenRepositoryOptions = {}) =>
    openRepository("a/b", {
      endpoint: hub.endpoint,
      cacheDir,
      environment: {},
      token: false,
      retry: quickRetries,
      ...more,
    });
  return { hub, cacheDir, cache: DiskStore.ofModel(cacheDir, "a/b"), open, commit: hub.commit("a/b") };
}

function ranges(hub: Awaited<ReturnType<typeof startHub>>): (string | undefined)[] {
  return hub.requests.filter(({ host }) => host === "cdn").map(({ headers }) => headers["range"]);
}

describe("a transfer that fails time and again", () => {
  it.each([
    ["a connection dropped at once", { dropAfterBytes: -1 }, "connection", "that the server closed"],
    ["a stalled answer", { stallAfterBytes: -1 }, "connection", "no data for 0.1 s"],
    ["other bytes", { wrongBytes: true }, "integrity", `, not ${weightsId}.`],
    ["too many bytes", { wrongLength: 3 }, "integrity", "is longer than the 11 bytes that were announced"],
    ["a failing server", { status: 500 }, "server", "HTTP 500"],
    ["too many requests", { status: 429, headers: { "Retry-After": "300" } }, "server", "again in 300 s"],
  ])("leaves nothing in the cache: %s", async (_what, fault, code, message) => {
    const { cacheDir, hub, open } = await setUp();
    const repository = await open({ environment: "stallAfterBytes" in fault ? impatient : {} });
    hub.addFault({ host: "cdn", ...fault });
    const error = await caught(repository.get(path));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("signature");
    expect(await folderEntries(cacheDir)).toEqual([]);
    hub.clearFaults();
    expect(await (await (await open()).get(path)).text()).toBe(weights);
  });

  it.each([
    ["a stalled body", { stallAfterBytes: 3 }, "no data for 0.1 s"],
    ["too few bytes", { wrongLength: -3 }, "broke off after 8 of 11 bytes"],
  ])("leaves what has arrived, which is taken up the next time: %s", async (_what, fault, message) => {
    const { cacheDir, hub, open } = await setUp();
    const repository = await open({ environment: "stallAfterBytes" in fault ? impatient : {} });
    hub.addFault({ host: "cdn", ...fault });
    const error = await caught(repository.get(path));
    expect(error).toMatchObject({ code: "connection" });
    expect(error.message).toContain(message);
    expect(await folderEntries(cacheDir)).toEqual([expect.stringMatching(partLine)]);
    hub.clearFaults();
    hub.clearRequests();
    expect(await (await (await open()).get(path)).text()).toBe(weights);
    expect(ranges(hub)).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
    expect((await folderEntries(cacheDir)).filter((line) => line.includes("incomplete"))).toEqual([]);
  });

  it("refuses other bytes of a small file, by git's checksum", async () => {
    const { cacheDir, hub, open } = await setUp();
    hub.addFault({ path: "model_index", wrongBytes: true });
    const error = await caught((await open()).get("model_index.json"));
    expect(error).toMatchObject({ code: "integrity" });
    expect(error.message).toContain("is damaged: its git object is");
    expect(await folderEntries(cacheDir)).toEqual([]);
  });

  it("does not ask again for what was said for good", async () => {
    const { hub, open } = await setUp();
    const repository = await open();
    hub.clearRequests();
    hub.addFault({ status: 403, path: "resolve" });
    expect(await caught(repository.get(path))).toMatchObject({ code: "gated-repository" });
    expect(hub.requests).toHaveLength(1);
  });
});

describe("a transfer that fails at first", () => {
  it("goes on where it broke, and its bytes are checked as a whole", async () => {
    const { hub, open } = await setUp();
    hub.addFault({ host: "cdn", stallAfterBytes: 700_000, times: 1 });
    const file = await (await open({ environment: impatient })).get("large.bin");
    expect(Buffer.compare(await readFile(file.localPath ?? ""), large)).toBe(0);
    expect(ranges(hub)).toEqual([undefined, "bytes=700000-"]);
  });

  it("comes through a line that breaks again and again", async () => {
    const { hub, open } = await setUp();
    for (const bytes of [0, 1, 700_000]) hub.addFault({ host: "cdn", dropAfterBytes: bytes, times: 1 });
    const file = await (await open({ retry: { ...quickRetries, maxRetries: 5 } })).get("large.bin");
    expect(Buffer.compare(await readFile(file.localPath ?? ""), large)).toBe(0);
  });

  it.each([
    ["a server that fails", { status: 503 }],
    ["too many requests", { status: 429, headers: { "Retry-After": "0" } }],
    ["a connection dropped at once", { dropAfterBytes: -1 }],
  ])("is tried again: %s", async (_what, fault) => {
    const { hub, open } = await setUp();
    hub.addFault({ ...fault, times: 2 });
    const repository = await open();
    hub.addFault({ ...fault, times: 2, host: "cdn" });
    expect(await (await repository.get(path)).text()).toBe(weights);
    hub.addFault({ ...fault, times: 1 });
    expect(await repository.list()).toHaveLength(3);
  });

  it("starts over where the server does not serve parts", async () => {
    const { hub, open } = await setUp();
    hub.addFault({ host: "cdn", stallAfterBytes: 700_000, times: 1 });
    hub.addFault({ host: "cdn", ignoreRange: true });
    const file = await (await open({ environment: impatient })).get("large.bin");
    expect(Buffer.compare(await readFile(file.localPath ?? ""), large)).toBe(0);
  });

  it.each([416, 206])("starts over where the server answers a range with a bare %i", async (status) => {
    const { hub, open } = await setUp();
    hub.addFault({ host: "cdn", stallAfterBytes: 700_000, times: 1 });
    hub.addFault({ host: "cdn", status, times: 1 });
    const file = await (await open({ environment: impatient })).get("large.bin");
    expect(Buffer.compare(await readFile(file.localPath ?? ""), large)).toBe(0);
    expect(ranges(hub)).toEqual([undefined, expect.stringMatching(/^bytes=/), undefined]);
  });

  it("refuses another content in the place of the first", async () => {
    const { cacheDir, hub, open } = await setUp();
    const repository = await open({ environment: impatient });
    hub.addFault({ host: "cdn", stallAfterBytes: 4, times: 1 });
    const onProgress = (event: ProgressEvent): void => {
      if (event.type !== "file-progress") return;
      const headers = { ETag: `"${indexId}"`, "X-Repo-Commit": repository.commit ?? "" };
      hub.addFault({ path: "resolve", body: "{}", headers });
    };
    const error = await caught(repository.get(path, { onProgress }));
    expect(error).toMatchObject({ code: "integrity" });
    expect(error.message).toContain(`found ${indexId}, expected ${weightsId}`);
    expect(await folderEntries(cacheDir)).toEqual([]);
  });
});

describe("a transfer that is cancelled leaves what has arrived, and no lock:", () => {
  it("while the body stalls", async () => {
    const { cacheDir, hub, open } = await setUp();
    const repository = await open();
    hub.addFault({ host: "cdn", stallAfterBytes: 4 });
    const controller = new AbortController();
    const onProgress = (event: ProgressEvent): void => {
      if (event.type === "file-progress") setTimeout(() => controller.abort(new Error("enough")), 10);
    };
    const error = await caught(repository.get(path, { signal: controller.signal, onProgress }));
    expect(error.message).toBe("enough");
    expect(await folderEntries(cacheDir)).toEqual([expect.stringMatching(partLine)]);
  });

  it("while it waits to try again", async () => {
    const { cacheDir, hub, open } = await setUp();
    const repository = await open({ retry: { baseWaitTime: 60, maxWaitTime: 60 } });
    hub.addFault({ path: "resolve", status: 503 });
    hub.clearRequests();
    const controller = new AbortController();
    const getting = caught(repository.get(path, { signal: controller.signal }));
    await vi.waitFor(() => expect(hub.requests).toHaveLength(1));
    controller.abort(new Error("enough"));
    expect((await getting).message).toBe("enough");
    expect(await folderEntries(cacheDir)).toEqual([]);
  });

  it("while the revision is resolved, and while that is tried again", async () => {
    const { hub, open } = await setUp();
    for (const fault of [{ stallAfterBytes: -1 }, { status: 503 }]) {
      hub.addFault({ ...fault, times: 1 });
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 20);
      const retry = { baseWaitTime: 60, maxWaitTime: 60 };
      expect((await caught(open({ signal: controller.signal, retry }))).message).toBe("enough");
    }
  });

  it("while another process has the lock", async () => {
    const { cache, hub, open } = await setUp();
    const lock = await FileLock.acquire(cache.lockLocation({ objectId: weightsId }), { signal: undefined });
    const controller = new AbortController();
    const getting = caught((await open()).get(path, { signal: controller.signal }));
    await vi.waitFor(() => expect(requestLines(hub).some((line) => line.startsWith("cdn"))).toBe(true));
    controller.abort(new Error("enough"));
    expect((await getting).message).toBe("enough");
    await lock?.release();
  });

  it("a listener that throws", async () => {
    const { cacheDir, open } = await setUp();
    const onProgress = (event: ProgressEvent): void => {
      if (event.type === "file-progress") throw new Error("listener");
    };
    const error = await caught((await open()).get(path, { onProgress }));
    expect(error.message).toBe("listener");
    expect(await folderEntries(cacheDir)).toEqual([expect.stringMatching(partLine)]);
  });
});

describe("a content that another process fetches", () => {
  it("is waited for and used", async () => {
    const { cache, commit, hub, open } = await setUp();
    const lock = await FileLock.acquire(cache.lockLocation({ objectId: weightsId }), { signal: undefined });
    const getting = (await open()).get(path);
    await vi.waitFor(() => expect(requestLines(hub).some((line) => line.startsWith("cdn"))).toBe(true));
    await mkdir(join(cache.folder, "blobs"), { recursive: true });
    await writeFile(cache.location(`blobs/${weightsId}`), weights);
    hub.addFault({ status: 500 });
    await lock?.release();
    expect(await (await getting).text()).toBe(weights);
    expect((await stat(cache.location(`snapshots/${commit}/${path}`))).size).toBe(weights.length);
  });

  it("is fetched here where that process gave up, from where it was", async () => {
    const { cache, hub, open } = await setUp();
    const lock = await FileLock.acquire(cache.lockLocation({ objectId: weightsId }), { signal: undefined });
    const getting = (await open()).get(path);
    await vi.waitFor(() => expect(ranges(hub)).toHaveLength(1));
    await mkdir(join(cache.folder, "blobs"), { recursive: true });
    await writeFile(`${cache.location(`blobs/${weightsId}`)}.onestep-00000001.incomplete`, "hell");
    await lock?.release();
    expect(await (await getting).text()).toBe(weights);
    expect(ranges(hub)).toEqual([undefined, "bytes=4-"]);
  });
});

it("leaves nothing of an earlier transfer, of a file whose length is not told either", async () => {
  const { cache, cacheDir, hub, open } = await setUp();
  const left = `${cache.location(`blobs/${indexId}`)}.onestep-00000001.incomplete`;
  await mkdir(dirname(left), { recursive: true });
  await writeFile(left, "{");
  hub.addFault({ path: "/resolve", endAfterBytes: 1000 });
  expect(await (await (await open()).get("model_index.json")).text()).toBe("{}");
  expect((await folderEntries(cacheDir)).filter((line) => line.includes(".incomplete"))).toEqual([]);
});

describe("a damaged entry of the cache", () => {
  const damage: readonly (readonly [string, string, (cache: DiskStore, commit: string) => Promise<void>])[] =
    [
      [
        "a small file with other bytes",
        "model_index.json",
        (cache) => writeFile(cache.location(`blobs/${indexId}`), "[]"),
      ],
      ["a file cut to nothing", path, (cache) => truncate(cache.location(`blobs/${weightsId}`), 0)],
      [
        "a large file cut short",
        "large.bin",
        async (cache, commit) => {
          await truncate(cache.location(`snapshots/${commit}/large.bin`), 1_500_000);
        },
      ],
    ];

  it.each(damage)("is mended with a connection: %s", async (_what, name, spoil) => {
    const { cache, commit, hub, open } = await setUp();
    const sound = await readFile((await (await open()).get(name)).localPath ?? "");
    await spoil(cache, commit);
    hub.clearRequests();
    const mended = await (await open()).get(name);
    expect(Buffer.compare(await readFile(mended.localPath ?? ""), sound)).toBe(0);
    expect(warned.mock.calls.at(-1)?.[0]).toContain("The cached copy is damaged.");
    hub.clearRequests();
    await (await open()).get(name);
    expect(requestLines(hub)).toEqual(["hub GET /api/models/a/b/revision/main"]);
  });

  it.each(damage)("is told without a connection, and stays: %s", async (_what, name, spoil) => {
    const { cache, commit, open } = await setUp();
    const repository = await open();
    await repository.list();
    const file = await repository.get(name);
    await spoil(cache, commit);
    const { size } = await stat(file.localPath ?? "");
    const error = await caught((await open({ localFilesOnly: true })).get(name));
    expect(error).toMatchObject({ code: "integrity" });
    expect(error.message).toContain("The cached copy is damaged.");
    expect((await stat(file.localPath ?? "")).size).toBe(size);
  });

  it("is told where the endpoint is out of reach too", async () => {
    const { cache, hub, open } = await setUp();
    await (await open()).get("model_index.json");
    await writeFile(cache.location(`blobs/${indexId}`), "[]");
    hub.addFault({ dropAfterBytes: -1 });
    const error = await caught((await open()).get("model_index.json"));
    expect(error).toMatchObject({ code: "integrity" });
  });

  it("is a link that leads nowhere, or a content without a link: both are mended", async () => {
    const { cache, commit, hub, open } = await setUp();
    await (await open()).get(path);
    await rm(cache.location(`blobs/${weightsId}`));
    expect(await (await (await open()).get(path)).text()).toBe(weights);
    await unlink(cache.location(`snapshots/${commit}/${path}`));
    const before = ranges(hub).length;
    expect(await (await (await open()).get(path)).text()).toBe(weights);
    expect(ranges(hub).length).toBeLessThanOrEqual(before + 1);
    await unlink(cache.location(`snapshots/${commit}/${path}`));
    await symlink("../../../blobs/gone", cache.location(`snapshots/${commit}/${path}`));
    expect(await (await (await open()).get(path)).text()).toBe(weights);
  });

  it("is not what a server takes for one by saying another length", async () => {
    const { cacheDir, hub, open } = await setUp();
    await (await open()).get("model_index.json");
    hub.update({ "a/b": { files: { ...files, "w.bin": "another commit" } } });
    hub.addFault({ path: "/resolve", wrongLength: 3 });
    const file = await (await open()).get("model_index.json");
    expect(await file.text()).toBe("{}");
    expect((await folderEntries(cacheDir)).filter((line) => line.includes(".incomplete"))).toEqual([]);
  });

  it("leaves a cache in use whose large files cannot be checked", async () => {
    const { hub, open } = await setUp();
    await (await open()).get("large.bin");
    const repository = await open();
    hub.addFault({ path: "tree", status: 500 });
    expect((await repository.get("large.bin")).size).toBe(large.length);
    hub.clearFaults();
    hub.clearRequests();
    const pinned = await open({ revision: repository.commit });
    expect((await pinned.get("large.bin")).size).toBe(large.length);
    expect(hub.requests).toEqual([]);
  });
});

describe("a cache that cannot be written", () => {
  it("is a cache folder that is a file", async () => {
    const { cacheDir, open } = await setUp();
    const file = join(cacheDir, "file");
    await writeFile(file, "mine");
    const error = await caught((await open({ cacheDir: file })).get("model_index.json"));
    expect(error).toMatchObject({ code: "cache-write" });
    expect(error.message).toContain("name another cache folder");
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  it("is a place in the snapshot that is taken: the content stays, and is not fetched again", async () => {
    const { cacheDir, commit, open } = await setUp();
    const taken = join(cacheDir, "models--a--b", "snapshots", commit, "model_index.json");
    await mkdir(join(taken, "full"), { recursive: true });
    const error = await caught((await open()).get("model_index.json"));
    expect(error).toMatchObject({ code: "cache-write" });
    expect(await folderEntries(cacheDir)).toEqual([`models--a--b/blobs/${indexId}`]);
  });

  it("needs no locks", async () => {
    const { cacheDir, open } = await setUp();
    await writeFile(join(cacheDir, ".locks"), "a file in the place of the folder");
    expect(await (await (await open()).get(path)).text()).toBe(weights);
  });
});
