import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProgressEvent } from "@onestep/core";
import { beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { staticServers } from "../__fixtures__/static-servers.ts";
import { folderEntries, temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const startServer = staticServers();
const makeFolder = temporaryFolders();
let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});

const files = { "model/model_index.json": "{}", "model/unet/w eights#1.bin": "weights" };

async function setUp(site: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ files: { ...files }, headers: { ETag: 'W/"1"' }, ...site });
  const cacheDir = await makeFolder();
  const open = (options: OpenRepositoryOptions = {}) =>
    openRepository(`${server.url}/model/`, {
      cacheDir,
      environment: { HF_TOKEN: "hf_secret" },
      retry: quickRetries,
      ...options,
    });
  const key = createHash("sha256").update(`${server.url}/model`).digest("hex");
  return { server, cacheDir, open, folder: join(cacheDir, "onestep", "urls", key) };
}

describe("a folder on a web server", () => {
  it("is fetched file by file into a cache of its own, without a token", async () => {
    const { cacheDir, folder, open, server } = await setUp();
    const repository = await open();
    expect(repository).toMatchObject({ name: `${server.url}/model`, commit: undefined });
    expect(server.requests).toEqual([]);
    const events: ProgressEvent[] = [];
    const file = await repository.get("unet/w eights#1.bin", { onProgress: (event) => events.push(event) });
    expect(await file.text()).toBe("weights");
    expect(file.localPath).toBe(join(folder, "files", "unet", "w eights#1.bin"));
    expect(events.map(({ type }) => type)).toEqual(["file-start", "file-progress", "file-end"]);
    expect(await repository.list()).toBeUndefined();
    expect(await folderEntries(folder)).toEqual([
      "files/unet/w eights#1.bin",
      "notes/unet/w eights#1.bin.json",
      "origin.json",
    ]);
    expect(JSON.parse(await readFile(join(folder, "origin.json"), "utf8"))).toEqual({
      url: `${server.url}/model`,
    });
    expect(server.requests.map(({ path }) => path)).toEqual(["/model/unet/w%20eights%231.bin"]);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
    expect(await folderEntries(cacheDir)).toHaveLength(3);
  });

  it.each([{ ETag: '"1"' }, { "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT" }])(
    "is asked once per opened repository whether a file has changed: %j",
    async (headers) => {
      const { open, server } = await setUp({ headers: headers as Record<string, string> });
      await (await open()).get("model_index.json");
      const repository = await open();
      const events: ProgressEvent[] = [];
      const onProgress = (event: ProgressEvent): void => void events.push(event);
      const [first, second] = [
        await repository.get("model_index.json", { onProgress }),
        await repository.get("model_index.json", { onProgress }),
      ];
      expect(await first.text()).toBe("{}");
      expect(second).toBe(first);
      expect(server.requests).toHaveLength(2);
      expect(events.map((event) => ("cached" in event ? event.cached : undefined))).toEqual([
        true,
        true,
        true,
        true,
      ]);
      server.site.files["model/model_index.json"] = '{"new": 1}';
      server.site.headers = { ETag: '"2"', "Last-Modified": "Fri, 02 Jan 2026 00:00:00 GMT" };
      expect(await (await (await open()).get("model_index.json")).text()).toBe('{"new": 1}');
    },
  );

  it("is fetched again where the server does not say what has changed", async () => {
    const { open, server } = await setUp({ headers: {} });
    await (await open()).get("model_index.json");
    server.site.files["model/model_index.json"] = "[]";
    expect(await (await (await open()).get("model_index.json")).text()).toBe("[]");
  });

  it("is fetched again where the copy is not as it was stored", async () => {
    const { folder, open } = await setUp();
    await (await open()).get("model_index.json");
    await writeFile(join(folder, "files", "model_index.json"), "cut short or not");
    expect(await (await (await open()).get("model_index.json")).text()).toBe("{}");
    await writeFile(join(folder, "notes", "model_index.json.json"), "{");
    expect(await (await (await open()).get("model_index.json")).text()).toBe("{}");
  });

  it("lacks files: 404, or a page of HTML in their place", async () => {
    const { open, server } = await setUp();
    expect(await (await open()).find("none.json")).toBeUndefined();
    expect(await caught((await open()).get("none.json"))).toMatchObject({ code: "entry-not-found" });
    server.site.pageForAll = true;
    expect(await (await open()).find("other.json")).toBeUndefined();
  });

  it("is found once it is there, where a server had a page for everything before", async () => {
    const { open, server } = await setUp({ files: {}, pageForAll: true });
    expect(await (await open()).find("model_index.json")).toBeUndefined();
    server.site.files = { ...files };
    expect(await (await (await open()).get("model_index.json")).text()).toBe("{}");
  });

  describe("that was whole is kept, and used with a warning, where the server answers with", () => {
    const html = { "Content-Type": "text/html; charset=utf-8" };
    const xhtml = { "Content-Type": "application/xhtml+xml" };
    it.each([
      ["404", { status: 404 }, "HTTP 404"],
      ["410", { status: 410 }, "HTTP 410"],
      ["a page to log in", { pageForAll: true, files: {} }, "a page of HTML"],
      ["a page in another form of HTML", { headers: xhtml }, "a page of HTML"],
      ["a page under a 304", { headers: { ...html, ETag: '"2"' } }, "a page of HTML"],
      ["a redirect to a page", { login: "/login" }, "a page of HTML"],
      ["a redirect to nowhere", { login: "ftp://portal" }, "HTTP 302"],
      ["a proxy that wants a password", { status: 407 }, "a proxy that asks for a user name and a password"],
      ["a network that wants a login", { status: 511 }, "HTTP 511"],
      ["nothing in form", { status: 206 }, "HTTP 206"],
    ] as const)("%s", async (_what, change, found) => {
      const { folder, open, server } = await setUp();
      const names = ["model_index.json", "unet/w eights#1.bin"];
      for (const name of names) await (await open()).get(name);
      const before = await folderEntries(folder);
      Object.assign(server.site, change);
      const repository = await open();
      expect(await (await repository.get("unet/w eights#1.bin")).text()).toBe("weights");
      expect(await (await repository.get("model_index.json")).text()).toBe("{}");
      expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(found));
      expect(warned.mock.calls[0]?.[0]).toContain("in the cache are used");
      expect(await folderEntries(folder)).toEqual(before);
      for (const name of names) await (await open({ localFilesOnly: true })).get(name);
      Object.assign(server.site, { files, headers: { ETag: '"3"' }, pageForAll: false });
      Object.assign(server.site, { login: undefined, status: undefined });
      server.site.files = { ...files, "model/model_index.json": "[]" };
      expect(await (await (await open()).get("model_index.json")).text()).toBe("[]");
    });

    it.each([401, 403])(
      "not with %i, which is about the caller's rights, and kept all the same",
      async (status) => {
        const { open, server } = await setUp();
        await (await open()).get("model_index.json");
        server.site.status = status;
        expect(await caught((await open()).get("model_index.json"))).toMatchObject({
          code: "server",
          status,
        });
        const offline = await open({ localFilesOnly: true });
        expect(await (await offline.get("model_index.json")).text()).toBe("{}");
      },
    );
  });

  describe("on storage that answers 403 for what is not there", () => {
    it.each([
      ["after a file that is there", ["model_index.json"]],
      ["at once", []],
    ])("lacks files: %s", async (_when, first) => {
      const { open, server } = await setUp({ missingStatus: 403 });
      const repository = await open();
      for (const path of first) await repository.get(path);
      expect(await repository.find("none.json")).toBeUndefined();
      expect(await caught(repository.get("unet/none.bin"))).toMatchObject({ code: "entry-not-found" });
      await server.stop();
      expect(await (await open({ localFilesOnly: true })).find("none.json")).toBeUndefined();
    });

    it("is told from storage that gives nothing, by a few questions", async () => {
      const { open, server } = await setUp({ files: {}, missingStatus: 403 });
      const error = await caught((await open()).find("unet/w.bin"));
      expect(error).toMatchObject({ code: "server", status: 403 });
      expect(error.message).toContain("/model/unet/w.bin: found HTTP 403");
      expect(server.requests.length).toBeLessThanOrEqual(6);
    });
  });

  it("at the same time is given by each caller's own signature", async () => {
    const { cacheDir, server } = await setUp({ signature: "good" });
    const ask = async (signature: string) => {
      const url = `${server.url}/model?signature=${signature}`;
      const repository = await openRepository(url, { cacheDir, environment: {}, retry: quickRetries });
      return repository.get("model_index.json").then(
        (file) => file.text(),
        (error) => error.code,
      );
    };
    expect(await Promise.all([ask("bad"), ask("good"), ask("none")])).toEqual(["server", "{}", "server"]);
  });

  it("keeps the query of its address, and keeps it out of messages", async () => {
    const { cacheDir, server } = await setUp();
    const repository = await openRepository(`${server.url}/model?signature=secret`, {
      cacheDir,
      environment: {},
    });
    await repository.get("model_index.json");
    expect(server.requests[0]?.path).toBe("/model/model_index.json?signature=secret");
    expect(repository.name).toBe(`${server.url}/model`);
    server.site.status = 403;
    const error = await caught(repository.find("x.json"));
    expect(error).toMatchObject({ code: "server", status: 403 });
    expect(error.message).not.toContain("secret");
  });

  it("serves the copies without a connection, and knows what was missing", async () => {
    const { open, server } = await setUp();
    const before = await open();
    await before.get("model_index.json");
    await before.find("none.json");
    await server.stop();
    const offline = await open({ localFilesOnly: true });
    expect(await (await offline.get("model_index.json")).text()).toBe("{}");
    expect(await offline.find("none.json")).toBeUndefined();
    const error = await caught(offline.find("unknown.json"));
    expect(error).toMatchObject({ code: "offline" });
    expect(error.message).toContain(`unknown.json of ${server.url}/model is not in the cache folder`);
    expect(warned).not.toHaveBeenCalled();

    const unreachable = await open();
    expect(await (await unreachable.get("model_index.json")).text()).toBe("{}");
    expect(await unreachable.find("none.json")).toBeUndefined();
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[0]).toContain(`The copies of ${server.url}/model in the cache are used.`);
    expect(await caught(unreachable.find("unknown.json"))).toMatchObject({ code: "connection" });
  });

  it("that fails leaves the copy in use, and without a copy tells", async () => {
    const { open, server } = await setUp();
    await (await open()).get("model_index.json");
    server.site.status = 500;
    const repository = await open();
    expect(await (await repository.get("model_index.json")).text()).toBe("{}");
    expect(await caught(repository.get("unet/w eights#1.bin"))).toMatchObject({
      code: "server",
      status: 500,
    });
  });

  it("that answers oddly is told so", async () => {
    const { open, server } = await setUp();
    server.site.status = 206;
    const error = await caught((await open()).get("model_index.json"));
    expect(error).toMatchObject({ code: "server" });
    expect(error.message).toContain("found HTTP 206, expected the file (HTTP 200)");
  });

  it("is in HF_HOME if no cache folder is given", async () => {
    const { server } = await setUp();
    const HF_HOME = await makeFolder();
    const repository = await openRepository(new URL(`${server.url}/model`), { environment: { HF_HOME } });
    const file = await repository.get("model_index.json");
    expect(file.localPath?.startsWith(join(HF_HOME, "onestep", "urls"))).toBe(true);
  });

  it("cannot lead out of its folder", async () => {
    const { open, server } = await setUp();
    const repository = await open();
    for (const path of ["../x", "/x", "a\\b"]) {
      expect(await caught(repository.find(path))).toMatchObject({ code: "unsafe-path" });
    }
    expect(server.requests).toEqual([]);
  });

  it("leaves nothing where the cache cannot be written", async () => {
    const { cacheDir, open } = await setUp();
    await mkdir(join(cacheDir, "onestep"));
    await writeFile(join(cacheDir, "onestep", "urls"), "");
    expect(await caught((await open()).get("model_index.json"))).toMatchObject({ code: "cache-write" });
    await rm(join(cacheDir, "onestep", "urls"));
    expect(await (await (await open()).get("model_index.json")).text()).toBe("{}");
  });
});
