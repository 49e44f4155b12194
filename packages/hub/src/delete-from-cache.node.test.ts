import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { fakeHubs } from "./__fixtures__/fake-hubs.ts";
import { staticServers } from "./__fixtures__/static-servers.ts";
import { folderEntries, temporaryFolders } from "./__fixtures__/temporary-folders.ts";
import { deleteFromCache, scanCache } from "./cache-tools.ts";
import { openRepository } from "./open-repository.ts";

const startHub = fakeHubs();
const startServer = staticServers();
const makeFolder = temporaryFolders();

const shared = { "w.bin": { bytes: "0123456789", lfs: true } };
const repositories = {
  "a/b": { files: { ...shared, "x.json": "{}" }, revisions: { v1: { ...shared, "x.json": "[1]" } } },
};

async function makeCache() {
  const hub = await startHub({ repositories });
  const cacheDir = await makeFolder();
  const options = { endpoint: hub.endpoint, cacheDir, environment: {}, token: false as const };
  for (const revision of ["main", "v1"]) {
    const repository = await openRepository("a/b", { ...options, revision });
    await repository.list();
    await repository.get("w.bin");
    await repository.get("x.json");
    await repository.find("none");
  }
  return { cacheDir, hub, options };
}

describe("deleteFromCache", () => {
  it("deletes a repository and tells how many bytes are free", async () => {
    const { cacheDir } = await makeCache();
    await mkdir(join(cacheDir, "models--a--c", "snapshots"), { recursive: true });
    expect(await deleteFromCache({ cacheDir, repoId: "a/b" })).toEqual({ freedBytes: 15, keptBytes: 0 });
    expect(await readdir(cacheDir)).toEqual(["models--a--c"]);
  });

  it.each(["branch", "commit"])("deletes one revision by its %s, and keeps what others need", async (by) => {
    const { cacheDir, hub, options } = await makeCache();
    const commit = hub.commit("a/b", "v1");
    const revision = by === "commit" ? commit : "v1";
    expect(await deleteFromCache({ cacheDir, repoId: "a/b", revision })).toEqual({
      freedBytes: 3,
      keptBytes: 0,
    });
    const left = await folderEntries(join(cacheDir, "models--a--b"));
    expect(left.filter((line) => line.includes(commit) || line.includes("v1"))).toEqual([]);
    const report = await scanCache({ cacheDir });
    expect(report.problems).toEqual([]);
    expect(report.repositories[0]).toMatchObject({ sizeOnDisk: 12, revisions: [{ refs: ["main"] }] });
    const offline = await openRepository("a/b", { ...options, localFilesOnly: true });
    expect(await (await offline.get("w.bin")).text()).toBe("0123456789");
    expect(await deleteFromCache({ cacheDir, repoId: "a/b", revision: "main" })).toMatchObject({
      freedBytes: 12,
    });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it("leaves what Python shares among repositories, and says so", async () => {
    const cacheDir = await makeFolder();
    const store = join(cacheDir, "blobs", "ab", "content");
    const folder = join(cacheDir, "models--o--a");
    await mkdir(join(store, ".."), { recursive: true });
    await mkdir(join(folder, "blobs"), { recursive: true });
    await mkdir(join(folder, "snapshots", "1".repeat(40)), { recursive: true });
    await writeFile(store, "0123456789");
    await symlink("../../blobs/ab/content", join(folder, "blobs", "c".repeat(64)));
    await symlink(`../../blobs/${"c".repeat(64)}`, join(folder, "snapshots", "1".repeat(40), "w.bin"));
    await writeFile(join(folder, "snapshots", "1".repeat(40), "copy.json"), "{}");
    expect(await deleteFromCache({ cacheDir, repoId: "o/a" })).toEqual({ freedBytes: 2, keptBytes: 10 });
    expect(await readFile(store, "utf8")).toBe("0123456789");
  });

  it("deletes the folder of a web server", async () => {
    const server = await startServer({ files: { "m/x.json": "{}" } });
    const cacheDir = await makeFolder();
    await (await openRepository(`${server.url}/m`, { cacheDir, environment: {} })).get("x.json");
    const repoId = `${server.url}/m/`;
    const error = await caught(deleteFromCache({ cacheDir, repoId, revision: "main" }));
    expect(error.message).toContain("a web server has no revisions");
    expect(await deleteFromCache({ cacheDir, repoId })).toEqual({ freedBytes: 2, keptBytes: 0 });
    expect((await scanCache({ cacheDir })).repositories).toEqual([]);
  });

  it("refuses what would lead out of the cache", async () => {
    const { cacheDir } = await makeCache();
    const outside = await makeFolder();
    await writeFile(join(outside, "mine"), "");
    await symlink(outside, join(cacheDir, "models--a--link"));
    for (const repoId of ["../x", "/etc", "a/b/c", "..", "", "a/link"]) {
      expect(await caught(deleteFromCache({ cacheDir, repoId }))).toMatchObject({ code: "invalid-argument" });
    }
    for (const revision of ["../../x", "/etc", "", ".."]) {
      const error = await caught(deleteFromCache({ cacheDir, repoId: "a/b", revision }));
      expect(error).toMatchObject({ code: "invalid-argument" });
    }
    expect(await readdir(outside)).toEqual(["mine"]);
    expect((await scanCache({ cacheDir })).repositories).toHaveLength(1);
  });

  it("does not follow a link of a snapshot out of the cache, nor count what lies there", async () => {
    const { cacheDir, hub } = await makeCache();
    const outside = await makeFolder();
    await writeFile(join(outside, "mine"), "0123456789");
    const snapshot = join(cacheDir, "models--a--b", "snapshots", hub.commit("a/b", "v1"));
    await symlink(join(outside, "mine"), join(snapshot, "link"));
    await symlink(outside, join(snapshot, "folder"));
    expect(await deleteFromCache({ cacheDir, repoId: "a/b", revision: "v1" })).toMatchObject({
      freedBytes: 3,
    });
    expect(await readFile(join(outside, "mine"), "utf8")).toBe("0123456789");
  });

  it("tells what is not cached", async () => {
    const { cacheDir } = await makeCache();
    const repository = await caught(deleteFromCache({ cacheDir, repoId: "a/none" }));
    expect(repository).toMatchObject({ code: "repository-not-found" });
    expect(repository).toMatchObject({ problem: { subject: "a/none" } });
    const revision = await caught(deleteFromCache({ cacheDir, repoId: "a/b", revision: "v9" }));
    expect(revision).toMatchObject({ code: "revision-not-found" });
  });
});
