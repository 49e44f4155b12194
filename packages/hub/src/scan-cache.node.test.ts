import { mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { fakeHubs } from "./__fixtures__/fake-hubs.ts";
import { staticServers } from "./__fixtures__/static-servers.ts";
import { temporaryFolders } from "./__fixtures__/temporary-folders.ts";
import { scanCache } from "./cache-tools.ts";
import { FileLock, ownProcess } from "./node/lock.ts";
import { openRepository } from "./open-repository.ts";

const startHub = fakeHubs();
const startServer = staticServers();
const makeFolder = temporaryFolders();

const shared = { "w.bin": { bytes: "0123456789", lfs: true } };
const repositories = {
  "a/b": { files: { ...shared, "x.json": "{}" }, revisions: { v1: { ...shared, "x.json": "[1]" } } },
  gpt2: { files: { "x.json": "{}" } },
};

async function makeCache() {
  const hub = await startHub({ repositories });
  const cacheDir = await makeFolder();
  const options = { endpoint: hub.endpoint, cacheDir, environment: {}, token: false as const };
  for (const [id, revision, path] of [
    ["a/b", "main", "w.bin"],
    ["a/b", "main", "x.json"],
    ["a/b", "v1", "w.bin"],
    ["a/b", "v1", "x.json"],
    ["gpt2", "main", "x.json"],
  ] as const) {
    await (await openRepository(id, { ...options, revision })).get(path);
  }
  return {
    cacheDir,
    folder: join(cacheDir, "models--a--b"),
    commits: [hub.commit("a/b"), hub.commit("a/b", "v1")],
  };
}

describe("scanCache", () => {
  it("tells repositories, revisions, references and sizes", async () => {
    const { cacheDir, commits, folder } = await makeCache();
    const used = new Date("2025-06-01T00:00:00Z");
    for (const blob of [
      join(folder, "snapshots", commits[0] ?? "", "w.bin"),
      join(folder, "snapshots", commits[0] ?? "", "x.json"),
      join(folder, "snapshots", commits[1] ?? "", "x.json"),
    ]) {
      await utimes(blob, used, new Date("2025-01-01T00:00:00Z"));
    }
    const report = await scanCache({ cacheDir });
    expect(report).toMatchObject({ cacheDir, sizeOnDisk: 17, problems: [] });
    expect(report.repositories.map(({ id }) => id)).toEqual(["a/b", "gpt2"]);
    expect(report.repositories[0]).toEqual({
      kind: "hub",
      id: "a/b",
      folder,
      sizeOnDisk: 15,
      fileCount: 3,
      lastUsed: used,
      incompleteFiles: [],
      revisions: [
        { commit: commits[0], refs: ["main"], sizeOnDisk: 12, fileCount: 2 },
        { commit: commits[1], refs: ["v1"], sizeOnDisk: 13, fileCount: 2 },
      ].sort((first, second) => ((first.commit ?? "") < (second.commit ?? "") ? -1 : 1)),
    });
  });

  it("tells folders of web servers", async () => {
    const server = await startServer({ files: { "m/x.json": "{}", "m/unet/y.json": "[1]" } });
    const cacheDir = await makeFolder();
    const repository = await openRepository(`${server.url}/m`, { cacheDir, environment: {} });
    await repository.get("x.json");
    await repository.get("unet/y.json");
    const { repositories: found, sizeOnDisk } = await scanCache({ cacheDir });
    expect(sizeOnDisk).toBe(5);
    expect(found).toMatchObject([
      { kind: "web", id: `${server.url}/m`, sizeOnDisk: 5, fileCount: 2, revisions: [] },
    ]);
  });

  it("finds the default places, and takes a folder that is not there for an empty cache", async () => {
    const HF_HOME = await makeFolder();
    const empty = await scanCache({ environment: { HF_HOME } });
    expect(empty).toEqual({ cacheDir: join(HF_HOME, "hub"), repositories: [], sizeOnDisk: 0, problems: [] });
    const server = await startServer({ files: { "m/x.json": "{}" } });
    await (await openRepository(`${server.url}/m`, { environment: { HF_HOME } })).get("x.json");
    expect((await scanCache({ environment: { HF_HOME } })).repositories).toHaveLength(1);
  });

  it("reads what Python writes: shared contents, copies, locks, lists, other kinds of repositories", async () => {
    const cacheDir = await makeFolder();
    const commit = "1".repeat(40);
    const store = join(cacheDir, "blobs", "ab", `ab${"0".repeat(62)}`);
    await mkdir(join(store, ".."), { recursive: true });
    await mkdir(join(cacheDir, ".locks"));
    await mkdir(join(cacheDir, "datasets--a--b", "snapshots"), { recursive: true });
    await writeFile(join(cacheDir, "CACHEDIR.TAG"), "");
    await writeFile(join(cacheDir, "blobs", ".huggingface-shared-blobs"), "1\n");
    await writeFile(store, "0123456789");
    for (const name of ["a", "b"]) {
      const folder = join(cacheDir, `models--o--${name}`);
      await mkdir(join(folder, "blobs"), { recursive: true });
      await mkdir(join(folder, "snapshots", commit), { recursive: true });
      await symlink(`../../blobs/ab/ab${"0".repeat(62)}`, join(folder, "blobs", "c".repeat(64)));
      await symlink(`../../blobs/${"c".repeat(64)}`, join(folder, "snapshots", commit, "w.bin"));
      await writeFile(join(folder, "snapshots", commit, "copy.json"), "{}");
    }
    const report = await scanCache({ cacheDir });
    expect(report.problems).toEqual([]);
    expect(report.repositories.map(({ id, sizeOnDisk, fileCount }) => [id, sizeOnDisk, fileCount])).toEqual([
      ["o/a", 12, 2],
      ["o/b", 12, 2],
    ]);
    expect(report.sizeOnDisk).toBe(14);
  });

  it("reports what is broken and goes on", async () => {
    const { cacheDir, commits, folder } = await makeCache();
    await writeFile(join(folder, "refs", "odd"), "../../etc");
    await writeFile(join(folder, "refs", "gone"), "3".repeat(40));
    await writeFile(join(folder, "blobs", "abc.1234.incomplete"), "01234");
    await writeFile(join(folder, "blobs", "d".repeat(40)), "0");
    await writeFile(join(folder, "snapshots", "file"), "");
    await symlink("../../blobs/none", join(folder, "snapshots", commits[0] ?? "", "dangling"));
    await writeFile(join(cacheDir, "models--file"), "");
    await mkdir(join(cacheDir, "models--a--..b"));
    await mkdir(join(cacheDir, "onestep", "urls", "x"), { recursive: true });
    const report = await scanCache({ cacheDir });
    expect(report.repositories.map(({ id }) => id)).toEqual(["a/b", "gpt2"]);
    expect(report.repositories[0]).toMatchObject({ sizeOnDisk: 21, fileCount: 5 });
    const problems = report.problems.map(
      ({ path, message }) => `${path.slice(cacheDir.length + 1)} ${message}`,
    );
    expect(problems.sort()).toEqual(
      [
        "models--a--..b is not the folder of a model",
        "models--a--b/blobs/abc.1234.incomplete is left over from an interrupted download",
        `models--a--b/blobs/${"d".repeat(40)} belongs to no snapshot`,
        `models--a--b/refs/gone names the commit ${"3".repeat(40)}, which is not cached`,
        "models--a--b/refs/odd does not hold a commit",
        `models--a--b/snapshots/${commits[0]}/dangling leads to no file`,
        "models--a--b/snapshots/file is not a folder, as every snapshot is",
        "models--file is not the folder of a model",
        "onestep/urls/x does not name its web server (origin.json)",
      ].sort(),
    );
  });

  it("tells what has arrived of files, and which process fetches them", async () => {
    const { cacheDir, folder } = await makeCache();
    const [left, running] = ["e".repeat(64), "f".repeat(64)];
    const blobs = join(folder, "blobs");
    const locks = join(cacheDir, ".locks", "models--a--b");
    await writeFile(join(blobs, `${left}.onestep-00000001.incomplete`), "01234");
    await writeFile(join(blobs, `${running}.onestep-00000002.incomplete`), "012");
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, `${running}.lock`), "");
    await writeFile(join(folder, "refs", "main.0a1b2c3d.tmp"), "1".repeat(40));
    await mkdir(join(cacheDir, ".deleting-0a1b2c3d"));
    const owner = await ownProcess();
    await writeFile(join(locks, `${left}.onestep.lock`), JSON.stringify({ ...owner, started: "1" }));
    const lock = await FileLock.acquire(join(locks, `${running}.onestep.lock`), { signal: undefined });
    const { repositories: found, problems } = await scanCache({ cacheDir });
    await lock?.release();
    expect(found[0]?.sizeOnDisk).toBe(23);
    expect(found[0]?.incompleteFiles).toEqual([
      { path: join(blobs, `${left}.onestep-00000001.incomplete`), sizeOnDisk: 5, processId: undefined },
      { path: join(blobs, `${running}.onestep-00000002.incomplete`), sizeOnDisk: 3, processId: process.pid },
    ]);
    const hasStarts = owner.started !== "";
    expect(problems.map(({ path, message }) => `${path.slice(cacheDir.length + 1)} ${message}`)).toEqual([
      ".deleting-0a1b2c3d is left over from an interrupted deletion",
      "models--a--b/refs/main.0a1b2c3d.tmp is left over from an interrupted write",
      ...(hasStarts
        ? [`.locks/models--a--b/${left}.onestep.lock is the lock of a process that has ended`]
        : []),
      ...(hasStarts
        ? [`models--a--b/blobs/${left}.onestep-00000001.incomplete is left over from an interrupted download`]
        : []),
    ]);
  });

  it("stops when the signal says so", async () => {
    const { cacheDir } = await makeCache();
    const signal = AbortSignal.abort(new Error("enough"));
    expect((await caught(scanCache({ cacheDir, signal }))).message).toBe("enough");
    await rm(cacheDir, { recursive: true });
  });
});
