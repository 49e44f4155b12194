import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ProgressEvent } from "@onestep/core";
import { beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "../__fixtures__/fake-hubs.ts";
import { folderEntries, temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();
let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});

const content = Uint8Array.from({ length: 9 * 1024 * 1024 }, (_, index) => (index * 31) % 251);
const sha256 = createHash("sha256").update(content).digest("hex");
const repositories = {
  "a/b": { files: { "w.bin": { bytes: content, xet: true } }, privateToken: "hf_owner" },
};

async function setUp(more: Record<string, string> = {}) {
  const environment = { HF_XET_HIGH_PERFORMANCE: "1", ...more };
  const hub = await startHub({ repositories });
  const cacheDir = await makeFolder();
  const options: OpenRepositoryOptions = {
    endpoint: hub.endpoint,
    cacheDir,
    environment,
    token: "hf_owner",
    retry: quickRetries,
  };
  const repository = await openRepository("a/b", options);
  hub.clearRequests();
  const content = `cdn GET /content/${sha256}`;
  const resolve = `hub GET /a/b/resolve/${hub.commit("a/b")}/w.bin`;
  return { hub, cacheDir, repository, content, resolve };
}

describe("a large file in Xet storage, with HF_XET_HIGH_PERFORMANCE,", () => {
  it("comes in chunks, checked, with the token for the endpoint alone", async () => {
    const { hub, repository, resolve } = await setUp();
    const events: ProgressEvent[] = [];
    const file = await repository.get("w.bin", { onProgress: (event) => events.push(event) });
    expect(Buffer.compare(await readFile(file.localPath ?? ""), content)).toBe(0);
    const lines = requestLines(hub);
    expect(lines[0]).toBe(resolve);
    expect(lines[1]).toBe(`hub GET /api/models/a/b/xet-read-token/${hub.commit("a/b")}`);
    expect(lines[2]).toMatch(/^cdn GET \/v2\/reconstructions\//);
    expect(lines.slice(3).every((line) => line.startsWith("cdn GET /xorbs/"))).toBe(true);
    const sent = hub.requests.map(({ host, headers }) => `${host} ${headers["authorization"]}`);
    expect(sent.slice(0, 3)).toEqual([
      "hub Bearer hf_owner",
      "hub Bearer hf_owner",
      "cdn Bearer fake-xet-token",
    ]);
    expect(sent.slice(3).every((line) => line === "cdn undefined")).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "file-end", totalBytes: content.length, cached: false });
    expect(warned).not.toHaveBeenCalled();
  });

  it.each([{ HF_XET_HIGH_PERFORMANCE: "0" }, { HF_HUB_DISABLE_XET: "1" }])(
    "comes as a whole with %j",
    async (more) => {
      const { content, hub, repository, resolve } = await setUp(more);
      await repository.get("w.bin");
      expect(requestLines(hub)).toEqual([resolve, content]);
    },
  );

  it.each([
    ["gives no token", { path: "/xet-read-token/", status: 500 }],
    ["does not know the file", { path: "/reconstructions/", status: 404 }],
    ["cuts the connection", { path: "/xorbs/", dropAfterBytes: 1_000_000 }],
    ["is silent", { path: "/xorbs/", stallAfterBytes: 1_000_000 }],
    ["sends other bytes", { path: "/xorbs/", wrongBytes: true }],
    ["sends too little", { path: "/xorbs/", wrongLength: -1_000_000 }],
  ])("comes as a whole where the storage %s, with a warning", async (_what, fault) => {
    const isSilence = "stallAfterBytes" in fault;
    const { cacheDir, content, hub, repository } = await setUp(
      isSilence ? { HF_HUB_DOWNLOAD_TIMEOUT: "0.5" } : {},
    );
    hub.addFault(fault);
    const file = await repository.get("w.bin");
    expect(file.size).toBe(9 * 1024 * 1024);
    expect(requestLines(hub).at(-1)).toBe(content);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[0]).toContain("w.bin is fetched as a whole instead.");
    expect(await folderEntries(`${cacheDir}/models--a--b/blobs`)).toEqual([sha256]);
  });

  it("leaves at most a part when cancelled", async () => {
    const { cacheDir, hub, repository } = await setUp();
    hub.addFault({ path: "/xorbs/", stallAfterBytes: 1_000_000 });
    const controller = new AbortController();
    const fetching = caught(repository.get("w.bin", { signal: controller.signal }));
    await vi.waitFor(
      () => expect(requestLines(hub).some((line) => line.includes("/xorbs/"))).toBe(true),
      10_000,
    );
    controller.abort(new Error("enough"));
    expect((await fetching).message).toBe("enough");
    const part = /^models--a--b\/blobs\/[0-9a-f]{64}\.onestep-[0-9a-f]{8}\.incomplete$/;
    expect((await folderEntries(cacheDir)).filter((line) => !part.test(line))).toEqual([]);
    expect(warned).not.toHaveBeenCalled();
  });
});
