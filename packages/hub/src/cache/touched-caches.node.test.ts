import { chmod, mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "../__fixtures__/fake-hubs.ts";
import { staticServers } from "../__fixtures__/static-servers.ts";
import { folderEntries, temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { DiskFile } from "../node/disk-file.ts";
import { DiskStore } from "../node/disk-store.ts";
import { resolveUrlCache } from "../node/settings.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

// The system's judges by the user who started the process, not by the one as whom it goes on.
vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  const access = async (path: string, mode: number): Promise<void> => {
    const isOther = process.geteuid?.() !== process.getuid?.();
    if (!isOther) return real.access(path, mode);
    if (((await real.stat(path)).mode & 0o002) === 0) throw Object.assign(new Error(), { code: "EACCES" });
  };
  return { ...real, access };
});

const startHub = fakeHubs();
const startServer = staticServers();
const makeFolder = temporaryFolders();
let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;
afterEach(() => {
  if (isRoot) process.seteuid?.(0);
});

/** Goes on as a user who may not do everything, whoever runs the tests. */
function becomeOrdinary(): void {
  if (isRoot) process.seteuid?.(nobody);
}

const files = { "a.json": "{}", "w.bin": { bytes: new Uint8Array(50_000), lfs: true } };

async function setUp(revisions: Parameters<typeof startHub>[0]["repositories"][string]["revisions"] = {}) {
  const hub = await startHub({ repositories: { "a/b": { files, revisions } } });
  const cacheDir = await makeFolder();
  await chmod(cacheDir, 0o777);
  const open = (more: OpenRepositoryOptions = {}) => {
    const common = { cacheDir, environment: {}, token: false, retry: quickRetries } as const;
    return openRepository("a/b", { ...common, endpoint: hub.endpoint, ...more });
  };
  const root = join(cacheDir, "models--a--b");
  return { hub, cacheDir, open, root, commit: hub.commit("a/b") };
}

/** Takes the right to write in a folder and in all below it. */
async function makeReadOnly(folder: string): Promise<() => Promise<void>> {
  const folders = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const each of [folder, ...folders]) await chmod(each, 0o555);
  return async () => {
    if (isRoot) process.seteuid?.(0);
    for (const each of [folder, ...folders]) await chmod(each, 0o755);
  };
}

describe("a cache that cannot be written", () => {
  it.each([
    ["a file that is cached", "a.json", 2],
    ["a file that the commit does not have", "none.json", undefined],
  ])("gives what it has, without the note of a reference: %s", async (_what, path, size) => {
    const { cacheDir, commit, open, root } = await setUp();
    await (await open({ revision: commit })).get("a.json");
    await rm(join(root, "trees"), { recursive: true, force: true });
    const restore = await makeReadOnly(cacheDir);
    becomeOrdinary();
    const repository = await open();
    await repository.get("a.json");
    expect((await repository.find(path))?.size).toBe(size);
    await restore();
    expect(warned).not.toHaveBeenCalled();
  });

  it("refuses what it does not have before anything is transferred", async () => {
    const { cacheDir, hub, open } = await setUp();
    await (await open()).get("a.json");
    const restore = await makeReadOnly(cacheDir);
    becomeOrdinary();
    const error = await caught((await open()).get("w.bin"));
    await restore();
    expect(error).toMatchObject({ code: "cache-write" });
    expect(error.message).toContain("permission denied (EACCES)");
    expect(error.message).toContain("localFilesOnly: true");
    expect(hub.requests.filter(({ host }) => host === "cdn").length).toBeLessThanOrEqual(1);
  });

  it("says that it could not note the reference of what was fetched", async () => {
    const { open, root } = await setUp();
    await (await open()).get("a.json");
    await rm(join(root, "refs", "main"));
    for (const folder of ["", "blobs", "snapshots"]) await chmod(join(root, folder), 0o777);
    for (const entry of await readdir(join(root, "snapshots")))
      await chmod(join(root, "snapshots", entry), 0o777);
    const restore = await makeReadOnly(join(root, "refs"));
    becomeOrdinary();
    expect((await (await open()).get("w.bin")).size).toBe(50_000);
    await restore();
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/refs.main: .*a\/b is not found there offline/),
    );
  });
});

describe("a cache of several users", () => {
  it("transfers nothing that could not be put in its place", async () => {
    const { hub, open, root } = await setUp();
    await (await open()).get("a.json");
    await chmod(join(root, "blobs"), 0o777);
    const restore = await makeReadOnly(join(root, "snapshots"));
    hub.clearRequests();
    becomeOrdinary();
    const errors = [await caught((await open()).get("w.bin")), await caught((await open()).get("w.bin"))];
    await restore();
    for (const error of errors) expect(error).toMatchObject({ code: "cache-write" });
    expect(await readdir(join(root, "blobs"))).toHaveLength(1);
  });

  it("keeps a content that could not be put in its place, and takes it from there", async () => {
    const { hub, open, root } = await setUp();
    await (await open()).get("a.json");
    const name = (await readdir(join(root, "snapshots")))[0] ?? "";
    // A folder stands where the link belongs, as it can after a copy by hand.
    await mkdir(join(root, "snapshots", name, "w.bin"));
    expect(await caught((await open()).get("w.bin"))).toMatchObject({ code: "cache-write" });
    await rm(join(root, "snapshots", name, "w.bin"), { recursive: true });
    await (await open()).list();
    hub.clearRequests();
    expect((await (await open()).get("w.bin")).size).toBe(50_000);
    expect(await readdir(join(root, "blobs"))).toHaveLength(2);
  });

  it("fetches no file of a web server again and again whose note cannot be written", async () => {
    const server = await startServer({
      files: { "m/a.json": "{}", "m/b.json": "[]" },
      headers: { ETag: '"1"' },
    });
    const cacheDir = await makeFolder();
    await chmod(cacheDir, 0o777);
    const open = () => openRepository(`${server.url}/m`, { cacheDir, environment: {} });
    await (await open()).get("a.json");
    const { folder } = DiskStore.ofUrl(resolveUrlCache(cacheDir, {}), `${server.url}/m`);
    await chmod(join(folder, "files"), 0o777);
    const restore = await makeReadOnly(join(folder, "notes"));
    becomeOrdinary();
    const error = await caught((await open()).get("b.json"));
    await restore();
    expect(error).toMatchObject({ code: "cache-write" });
    expect(await readdir(join(folder, "files"))).toEqual(["a.json"]);
  });

  it("opens public models where the token file is another user's", async () => {
    const { hub, open } = await setUp();
    const home = await makeFolder();
    await chmod(home, 0o755);
    await writeFile(join(home, "token"), "hf_of_another", { mode: 0o000 });
    becomeOrdinary();
    const repository = await open({ token: undefined, environment: { HF_HOME: home } });
    expect((await repository.get("a.json")).size).toBe(2);
    expect(hub.requests[0]?.headers["authorization"]).toBeUndefined();
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/EACCES.*token: false.*HF_TOKEN_PATH/),
    );
  });
});

describe("names that are in each other's way", () => {
  const revisions = {
    release: { "a.json": "[2]" },
    "release/1.0": { "a.json": "[1]" },
    "release/1.0/hotfix": { "a.json": "[3]" },
  };
  it.each([
    [["release/1.0", "release"]],
    [["release", "release/1.0"]],
    [["release/1.0/hotfix", "release", "release/1.0", "release/1.0/hotfix"]],
  ])("open, and the last is there offline: %j", async (order) => {
    const { open, root } = await setUp(revisions);
    for (const revision of order) {
      const text = revisions[revision as keyof typeof revisions]["a.json"];
      expect(await (await (await open({ revision })).get("a.json")).text()).toBe(text);
      const offline = await open({ revision, localFilesOnly: true });
      expect(await (await offline.get("a.json")).text()).toBe(text);
    }
    expect((await folderEntries(root)).filter((path) => path.endsWith(".tmp"))).toEqual([]);
  });
});

describe("long names", () => {
  // Of 230 to 255 bytes, the most that file systems take.
  const names = ["n".repeat(230), "n".repeat(251), `${"ü".repeat(120)}.json`, "n".repeat(255)];
  it.each(names)("arrive from a web server, and are known afterwards: %s", async (name) => {
    const server = await startServer({
      files: { [`m/${name}`]: "0123456789" },
      headers: { ETag: '"1"' },
      cuts: [3],
    });
    const cacheDir = await makeFolder();
    const environment = { HF_HUB_DOWNLOAD_TIMEOUT: "0.1", HF_HUB_ETAG_TIMEOUT: "0.1" };
    const open = () => openRepository(`${server.url}/m`, { cacheDir, environment, retry: { maxRetries: 0 } });
    expect(await caught((await open()).get(name))).toMatchObject({ code: "connection" });
    expect(await (await (await open()).get(name)).text()).toBe("0123456789");
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined, "bytes=3-"]);
    await (await open()).get(name);
    expect(server.requests.at(-1)?.headers["if-none-match"]).toBe('"1"');
    expect((await folderEntries(cacheDir)).filter((path) => path.endsWith(".incomplete"))).toEqual([]);
  });

  it.each(names)("of files and revisions arrive from the Hub: %s", async (name) => {
    const hub = await startHub({
      repositories: { "a/b": { files: {}, revisions: { [name]: { [`unet/${name}`]: "x" } } } },
    });
    const common = { cacheDir: await makeFolder(), endpoint: hub.endpoint, environment: {}, revision: name };
    await (await openRepository("a/b", { ...common, token: false })).get(`unet/${name}`);
    const offline = await openRepository("a/b", { ...common, localFilesOnly: true });
    expect(await (await offline.get(`unet/${name}`)).text()).toBe("x");
  });
});

describe("HF_HUB_DISABLE_SYMLINKS", () => {
  it.each(["1", "true", "ON"])("makes no link where it is %s, and all is there offline", async (value) => {
    const { cacheDir, hub, open } = await setUp({ v1: files });
    const environment = { HF_HUB_DISABLE_SYMLINKS: value };
    for (const revision of ["main", "v1", "main"]) {
      for (const path of Object.keys(files)) await (await open({ environment, revision })).get(path);
    }
    const entries = await readdir(cacheDir, { recursive: true, withFileTypes: true });
    expect(entries.filter((entry) => entry.isSymbolicLink())).toEqual([]);
    hub.clearRequests();
    for (const more of [{ environment }, {}]) {
      const offline = await open({ ...more, localFilesOnly: true });
      expect((await offline.get("w.bin")).size).toBe(50_000);
    }
    expect(requestLines(hub)).toEqual([]);
  });
});

describe("a file on a disk that was mounted again", () => {
  /** The status of a file, with another number, as network file systems give it. */
  async function renumbered(location: string) {
    const status = await stat(location, { bigint: true });
    return Object.assign(Object.create(status), { ino: status.ino + 1n }) as typeof status;
  }

  /** Times are kept in steps of some milliseconds. */
  const settle = () => new Promise((resolve) => setTimeout(resolve, 150));

  it("is the same under another number", async () => {
    const location = join(await makeFolder(), "w.bin");
    await writeFile(location, "weights");
    await settle();
    const file = new DiskFile("w.bin", location, await renumbered(location));
    expect(await file.text()).toBe("weights");
  });

  it("is another where it was replaced or written to, whatever its number, length and time", async () => {
    const location = join(await makeFolder(), "w.bin");
    await writeFile(location, "weights");
    const time = new Date(1_700_000_000_000);
    await utimes(location, time, time);
    const before = await renumbered(location);
    await settle();
    await rm(location);
    await writeFile(location, "another");
    await utimes(location, time, time);
    expect(await caught(new DiskFile("w.bin", location, before).text())).toMatchObject({ code: "integrity" });
  });
});
