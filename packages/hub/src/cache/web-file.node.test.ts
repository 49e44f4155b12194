import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProgressEvent } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { staticServers } from "../__fixtures__/static-servers.ts";
import { folderEntries, temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { DiskStore } from "../node/disk-store.ts";
import { resolveUrlCache } from "../node/settings.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const startServer = staticServers();
const makeFolder = temporaryFolders();
const impatient = { HF_HUB_DOWNLOAD_TIMEOUT: "0.1", HF_HUB_ETAG_TIMEOUT: "0.1" };
const strong = { ETag: '"1"' };
const dated = { "Last-Modified": "Wed, 01 Jan 2020 00:00:00 GMT" };
const partLine = /^files\/w\.bin\.onestep-[0-9a-f]{16}-[0-9a-f]{8}\.incomplete$/;

async function setUp(site: Parameters<typeof startServer>[0]) {
  const server = await startServer({ files: { "m/w.bin": "0123456789" }, ...site });
  const cacheDir = await makeFolder();
  const url = `${server.url}/m`;
  const open = (options: OpenRepositoryOptions = {}) =>
    openRepository(url, { cacheDir, environment: impatient, retry: quickRetries, ...options });
  const asked = () => server.requests.map(({ headers }) => [headers.range, headers["if-range"]]);
  return { server, open, asked, cache: DiskStore.ofUrl(resolveUrlCache(cacheDir, {}), url) };
}

describe("a file of a web server whose transfer breaks", () => {
  it.each([strong, dated])("is taken up where it broke, by %j", async (headers) => {
    const { asked, open } = await setUp({ headers: headers as Record<string, string>, cuts: [3, 4] });
    const file = await (await open()).get("w.bin");
    expect(await file.text()).toBe("0123456789");
    const [version] = Object.values(headers);
    expect(asked()).toEqual([
      [undefined, undefined],
      ["bytes=3-", version],
      ["bytes=7-", version],
    ]);
  });

  it.each([
    ["a weak ETag", { ETag: 'W/"1"' }, true],
    ["no version", {}, true],
    ["no ranges", strong, false],
  ])("starts over with %s", async (_what, headers, ranges) => {
    const { open } = await setUp({ headers: headers as Record<string, string>, ranges, cuts: [3] });
    expect(await (await (await open()).get("w.bin")).text()).toBe("0123456789");
  });

  it("is taken up by the next call", async () => {
    const { asked, cache, open, server } = await setUp({ headers: strong, cuts: [3, 1, 1] });
    expect(await caught((await open()).get("w.bin"))).toMatchObject({ code: "connection" });
    expect(await folderEntries(cache.folder)).toEqual([expect.stringMatching(partLine)]);
    server.requests.length = 0;
    expect(await (await (await open()).get("w.bin")).text()).toBe("0123456789");
    expect(asked()).toEqual([
      [undefined, undefined],
      ["bytes=5-", '"1"'],
    ]);
  });

  it("leaves nothing of an earlier transfer where no version is told", async () => {
    const { cache, open } = await setUp({});
    const left = `${cache.location("files/w.bin")}.onestep-00000001.incomplete`;
    await mkdir(dirname(left), { recursive: true });
    await writeFile(left, "012");
    expect(await (await (await open()).get("w.bin")).text()).toBe("0123456789");
    expect((await folderEntries(cache.folder)).filter((line) => line.includes("incomplete"))).toEqual([]);
  });

  it("is fetched again by the next call where it has changed, and the old part goes", async () => {
    const { cache, open, server } = await setUp({ headers: strong, cuts: [3, 1, 1] });
    await caught((await open()).get("w.bin"));
    server.site.headers = { ETag: '"2"' };
    server.site.files["m/w.bin"] = "ABCDEFGHIJ";
    expect(await (await (await open()).get("w.bin")).text()).toBe("ABCDEFGHIJ");
    expect((await folderEntries(cache.folder)).filter((line) => line.includes("incomplete"))).toEqual([]);
  });

  it.each([
    ["with another length", "ABCDEFGHIJKLMN"],
    ["with the same length", "ABCDEFGHIJ"],
  ])("is fetched once more where it changes meanwhile, %s", async (_what, content) => {
    const { open, server } = await setUp({ headers: strong, cuts: [3] });
    const onProgress = (event: ProgressEvent): void => {
      if (event.type !== "file-progress") return;
      server.site.headers = { ETag: '"2"' };
      server.site.files["m/w.bin"] = content;
    };
    const file = await (await open()).get("w.bin", { onProgress });
    expect(await readFile(file.localPath ?? "", "utf8")).toBe(content);
    server.requests.length = 0;
    expect(await (await (await open()).get("w.bin")).text()).toBe(content);
    expect(server.requests[0]?.headers["if-none-match"]).toBe('"2"');
  });

  it("does not trust a part that is too long", async () => {
    const { cache, open } = await setUp({ headers: strong, cuts: [3, 1, 1] });
    await caught((await open()).get("w.bin"));
    const [part] = await folderEntries(cache.folder);
    await writeFile(join(cache.folder, part ?? ""), "01234567890123456789");
    expect(await (await (await open()).get("w.bin")).text()).toBe("0123456789");
  });
});
