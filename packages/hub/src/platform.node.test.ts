import { copyFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { caught, quickRetries } from "./__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "./__fixtures__/fake-hubs.ts";
import { temporaryFolders } from "./__fixtures__/temporary-folders.ts";
import { OfflineError } from "./errors.ts";
import { openRepository } from "./open-repository.ts";
import type { OpenRepositoryOptions } from "./repository.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();
let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});

const commit = "1".repeat(40);
const older = "2".repeat(40);
const indexId = "9e26dfeeb6e641a33dae4961196235bdb965b21b"; // git's name for {}
const weightsId = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"; // SHA-256 of weights
const repositories = {
  "a/b": { files: { "model_index.json": "{}", "w.bin": { bytes: "weights", lfs: true }, "late.txt": "x" } },
};

/** A cache as huggingface_hub writes it, in its several forms. */
async function makePythonCache(): Promise<string> {
  const cacheDir = await makeFolder();
  const folder = join(cacheDir, "models--a--b");
  const snapshot = join(folder, "snapshots", commit);
  await mkdir(join(folder, "blobs"), { recursive: true });
  await mkdir(join(folder, "refs", "refs", "pr"), { recursive: true });
  await mkdir(join(snapshot, "unet"), { recursive: true });
  await mkdir(join(folder, "snapshots", older), { recursive: true });
  await mkdir(join(folder, ".no_exist", commit), { recursive: true });
  await mkdir(join(cacheDir, ".locks", "models--a--b"), { recursive: true });
  await writeFile(join(folder, "blobs", indexId), "{}");
  await writeFile(join(folder, "blobs", weightsId), "weights");
  await symlink(`../../blobs/${indexId}`, join(snapshot, "model_index.json"));
  await symlink(`../../../blobs/${weightsId}`, join(snapshot, "unet", "w.bin"));
  await copyFile(join(folder, "blobs", indexId), join(folder, "snapshots", older, "model_index.json"));
  await writeFile(join(folder, "refs", "main"), commit);
  await writeFile(join(folder, "refs", "v1"), `${commit}\n`);
  await writeFile(join(folder, "refs", "refs", "pr", "1"), older);
  await writeFile(join(folder, "refs", "broken"), "../../../etc");
  await writeFile(join(folder, ".no_exist", commit, "unet.bin"), "");
  return cacheDir;
}

/** Opens without a connection; a request would be a failure of the test. */
function openOffline(cacheDir: string, options: OpenRepositoryOptions = {}, id = "a/b") {
  const noFetch = (): never => {
    throw new Error("a request, although none is allowed");
  };
  return openRepository(id, { cacheDir, environment: {}, localFilesOnly: true, fetch: noFetch, ...options });
}

describe("a cache that Python made, without a connection", () => {
  it.each([["main"], ["v1"], [commit]])("is read by revision %s", async (revision) => {
    const repository = await openOffline(await makePythonCache(), { revision });
    expect(repository.commit).toBe(commit);
    expect(await (await repository.get("model_index.json")).text()).toBe("{}");
    expect(await (await repository.get("unet/w.bin")).text()).toBe("weights");
    expect(await repository.find("unet.bin")).toBeUndefined();
    expect(await repository.list()).toBeUndefined();
  });

  it("is read where files are copies instead of links, and references have slashes", async () => {
    const cacheDir = await makePythonCache();
    const repository = await openOffline(cacheDir, { revision: "refs/pr/1" });
    const file = await repository.get("model_index.json");
    expect(file.localPath).toBe(join(cacheDir, "models--a--b", "snapshots", older, "model_index.json"));
  });

  it("is listed where huggingface_hub kept the list, and then tells what does not exist", async () => {
    const cacheDir = await makePythonCache();
    const trees = join(cacheDir, "models--a--b", "trees");
    await mkdir(trees);
    const entry = { size: 2, blob_id: indexId };
    const tree = { format_version: 1, files: { "model_index.json": entry, "late.txt": entry } };
    await writeFile(join(trees, `${commit}.json`), JSON.stringify(tree));
    const repository = await openOffline(cacheDir);
    expect(await repository.list()).toEqual(["late.txt", "model_index.json"]);
    expect(await repository.find("none.txt")).toBeUndefined();
    expect(await caught(repository.find("late.txt"))).toMatchObject({ code: "offline" });
  });

  it.each(["{", "[]", '{"format_version": 2, "files": {}}', '{"format_version": 1, "files": {"../x": {}}}'])(
    "is read although its list is out of form: %s",
    async (text) => {
      const cacheDir = await makePythonCache();
      await mkdir(join(cacheDir, "models--a--b", "trees"));
      await writeFile(join(cacheDir, "models--a--b", "trees", `${commit}.json`), text);
      const repository = await openOffline(cacheDir);
      expect(await repository.list()).toBeUndefined();
      expect(await (await repository.get("model_index.json")).text()).toBe("{}");
    },
  );

  it("lacks a file: the error says which, where it looked and what to do", async () => {
    const cacheDir = await makePythonCache();
    const repository = await openOffline(cacheDir);
    const error = await caught(repository.find("vae/config.json"));
    expect(OfflineError.isInstance(error)).toBe(true);
    expect(error.message).toBe(
      `vae/config.json of a/b at main (commit ${commit}) is not in the cache folder ${cacheDir}, and requests ` +
        "are not allowed (localFilesOnly or HF_HUB_OFFLINE). Download it once while online, or name the cache folder that has it (option cacheDir).",
    );
  });

  it("lacks a revision or the repository", async () => {
    const cacheDir = await makePythonCache();
    for (const [id, revision] of [
      ["a/b", "v9"],
      ["a/b", "broken"],
      ["a/b", "3".repeat(40)],
      ["a/none", "main"],
    ] as const) {
      const error = await caught(openOffline(cacheDir, { revision }, id));
      expect(OfflineError.isInstance(error)).toBe(true);
      expect(error.message).toContain(`${id} at ${revision} is not in the cache folder ${cacheDir}`);
    }
  });

  it.each([{ HF_HUB_OFFLINE: "1" }, { TRANSFORMERS_OFFLINE: "ON" }])(
    "is meant by %j too",
    async (variables) => {
      const HF_HOME = await makeFolder();
      await mkdir(join(HF_HOME, "hub"));
      const environment = { ...variables, HF_HOME };
      const options = { environment, cacheDir: undefined, localFilesOnly: false };
      const error = await caught(openOffline("", options));
      expect(error.message).toContain(`is not in the cache folder ${join(HF_HOME, "hub")}`);
    },
  );

  it("is not changed", async () => {
    const cacheDir = await makePythonCache();
    const before = await readdir(cacheDir, { recursive: true });
    const repository = await openOffline(cacheDir);
    await repository.list();
    await repository.get("unet/w.bin");
    await caught(repository.find("none"));
    expect(await readdir(cacheDir, { recursive: true })).toEqual(before);
  });
});

/** Where a repository comes from and is kept, without patience. */
function placeOf(endpoint: string, cacheDir: string) {
  return { endpoint, cacheDir, token: false, environment: {}, retry: quickRetries } as const;
}

describe("an endpoint out of reach", () => {
  it.each([
    ["refuses", { status: 503 }, "HTTP 503"],
    ["is busy", { status: 429 }, "HTTP 429"],
    ["cuts the connection", { dropAfterBytes: -1 }, "a connection that the server closed"],
    ["is silent", { stallAfterBytes: -1 }, "no data for 0.1 s"],
  ])("that %s leaves the cache in use, with a warning", async (_what, fault, message) => {
    const hub = await startHub({ repositories });
    const options = placeOf(hub.endpoint, await makeFolder());
    await (await openRepository("a/b", options)).get("w.bin");
    hub.addFault(fault);
    hub.clearRequests();
    const environment = "stallAfterBytes" in fault ? { HF_HUB_ETAG_TIMEOUT: "0.1" } : {};
    const repository = await openRepository("a/b", { ...options, environment });
    expect(repository.commit).toBe(hub.commit("a/b"));
    expect(await (await repository.get("w.bin")).text()).toBe("weights");
    expect(await repository.list()).toBeUndefined();
    const error = await caught(repository.get("model_index.json"));
    expect(OfflineError.isInstance(error)).toBe(true);
    expect(error.message).toContain("and the endpoint could not be reached");
    expect((error.cause as Error).message).toContain(message);
    // The commit once, since there is one to fall back on, except where the connection is cut, and the file three times.
    const asked = "dropAfterBytes" in fault ? 3 : 1;
    expect(requestLines(hub).map((line) => line.replace(/^.*\/(revision|resolve)\/.*$/, "$1"))).toEqual([
      ...Array<string>(asked).fill("revision"),
      ...Array<string>(3).fill("resolve"),
    ]);
    expect(OfflineError.isInstance(await caught(repository.get("unet/w.bin")))).toBe(true);
    expect(hub.requests).toHaveLength(asked + 3);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[0]).toContain(message);
    expect(warned.mock.calls[0]?.[0]).toContain("The copy of a/b in the cache is used (main, commit");
  });

  it("for a moment does not keep from fetching the rest of the commit that is in use", async () => {
    const hub = await startHub({ repositories });
    const options = placeOf(hub.endpoint, await makeFolder());
    await (await openRepository("a/b", options)).get("w.bin");
    hub.addFault({ status: 503, times: 1 });
    const repository = await openRepository("a/b", options);
    expect(await (await repository.get("model_index.json")).text()).toBe("{}");
  });

  it("that closes a kept connection does not bring the older commit back", async () => {
    const hub = await startHub({ repositories });
    const options = placeOf(hub.endpoint, await makeFolder());
    await (await openRepository("a/b", options)).get("w.bin");
    hub.update({ "a/b": { files: { "w.bin": "other weights" } } });
    hub.addFault({ dropAfterBytes: -1, times: 1 });
    const repository = await openRepository("a/b", options);
    expect(repository.commit).toBe(hub.commit("a/b"));
    expect(warned).not.toHaveBeenCalled();
  });

  it("to which there is no way is not waited for again", async () => {
    const hub = await startHub({ repositories });
    const options = placeOf(hub.endpoint, await makeFolder());
    await (await openRepository("a/b", options)).get("w.bin");
    let asked = 0;
    const cut: typeof fetch = async () => {
      asked += 1;
      throw Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
    };
    const repository = await openRepository("a/b", { ...options, fetch: cut });
    expect(await caught(repository.get("model_index.json"))).toMatchObject({ code: "offline" });
    expect(asked).toBe(1);
  });

  it("fails where nothing is cached", async () => {
    const cacheDir = await makeFolder();
    const options = placeOf("http://127.0.0.1:1", cacheDir);
    expect(await caught(openRepository("a/b", options))).toMatchObject({ code: "connection" });
    expect(warned).not.toHaveBeenCalled();
  });

  it("leaves a commit in use, whose list then is not known", async () => {
    const hub = await startHub({ repositories });
    const cacheDir = await makeFolder();
    const options = placeOf(hub.endpoint, cacheDir);
    const pinned = { ...options, revision: hub.commit("a/b") };
    await (await openRepository("a/b", pinned)).get("w.bin");
    hub.addFault({ dropAfterBytes: -1 });
    const repository = await openRepository("a/b", pinned);
    expect(await repository.list()).toBeUndefined();
    expect(warned).toHaveBeenCalledTimes(1);
    expect(await (await repository.get("w.bin")).text()).toBe("weights");
    await rm(cacheDir, { recursive: true });
    expect(await caught((await openRepository("a/b", pinned)).list())).toMatchObject({ code: "connection" });
  });

  it("is not an excuse for a repository that is gone or closed", async () => {
    const hub = await startHub({ repositories });
    const options = placeOf(hub.endpoint, await makeFolder());
    await (await openRepository("a/b", options)).get("w.bin");
    hub.update({});
    expect(await caught(openRepository("a/b", options))).toMatchObject({ code: "repository-not-found" });
    expect(requestLines(hub).at(-1)).toBe("hub GET /api/models/a/b/revision/main");
  });
});
