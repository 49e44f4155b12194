import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProgressEvent } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "../__fixtures__/fake-hubs.ts";
import { folderEntries, temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();

const weights = "hello world";
const weightsId = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
const indexId = "9e26dfeeb6e641a33dae4961196235bdb965b21b"; // git's name for {}
const files = {
  "model_index.json": "{}",
  "unet/w.safetensors": { bytes: weights, lfs: true },
  "unet/x": "x",
};
const repositories = {
  "a/b": { files, revisions: { "refs/pr/1": { ...files, "unet/x": "y" } } },
  "a/private": { files, privateToken: "hf_owner" },
  "a/gated": { files, gatedToken: "hf_accepted" },
};

async function setUp(options: Partial<Parameters<typeof startHub>[0]> = {}) {
  const hub = await startHub({ repositories, ...options });
  const cacheDir = await makeFolder();
  const open = (more: OpenRepositoryOptions = {}, id = "a/b") =>
    openRepository(id, {
      endpoint: hub.endpoint,
      cacheDir,
      environment: {},
      token: false,
      retry: quickRetries,
      ...more,
    });
  return { hub, cacheDir, open, commit: hub.commit("a/b") };
}

describe("a repository of the Hub", () => {
  it("fetches what is asked for, and nothing else, into the layout of huggingface_hub", async () => {
    const { cacheDir, commit, hub, open } = await setUp();
    const repository = await open();
    expect(repository).toMatchObject({ name: "a/b", commit });
    const file = await repository.get("unet/w.safetensors");
    expect(file.size).toBe(weights.length);
    expect(file.localPath).toBe(join(cacheDir, "models--a--b", "blobs", weightsId));
    expect(await file.text()).toBe(weights);
    await repository.get("model_index.json");
    expect(await folderEntries(cacheDir)).toEqual([
      `models--a--b/blobs/${indexId}`,
      `models--a--b/blobs/${weightsId}`,
      "models--a--b/refs/main",
      `models--a--b/snapshots/${commit}/model_index.json -> ../../blobs/${indexId}`,
      `models--a--b/snapshots/${commit}/unet/w.safetensors -> ../../../blobs/${weightsId}`,
    ]);
    expect(await readFile(join(cacheDir, "models--a--b", "refs", "main"), "utf8")).toBe(commit);
    expect(requestLines(hub)).toEqual([
      "hub GET /api/models/a/b/revision/main",
      `hub GET /a/b/resolve/${commit}/unet/w.safetensors`,
      `cdn GET /content/${weightsId}`,
      `hub GET /a/b/resolve/${commit}/model_index.json`,
    ]);
  });

  it("asks for the revision alone when all is cached", async () => {
    const { hub, open } = await setUp();
    await (await open()).get("model_index.json");
    hub.clearRequests();
    const events: ProgressEvent[] = [];
    const file = await (await open()).get("model_index.json", { onProgress: (event) => events.push(event) });
    expect(await file.text()).toBe("{}");
    expect(requestLines(hub)).toEqual(["hub GET /api/models/a/b/revision/main"]);
    expect(events).toEqual([
      { type: "file-start", file: "model_index.json", totalBytes: 2, cached: true },
      { type: "file-end", file: "model_index.json", totalBytes: 2, cached: true },
    ]);
  });

  it("asks for nothing when a full commit is asked for and all is cached", async () => {
    const { commit, hub, open, cacheDir } = await setUp();
    await (await open({ revision: commit })).get("model_index.json");
    expect(await folderEntries(cacheDir)).not.toContain("models--a--b/refs/main");
    hub.clearRequests();
    await (await open({ revision: commit })).get("model_index.json");
    expect(hub.requests).toEqual([]);
  });

  it("takes all files from the commit that the branch stood for when it was opened", async () => {
    const { hub, open } = await setUp();
    const repository = await open();
    hub.update({ "a/b": { files: { "model_index.json": "[]" }, revisions: { before: files } } });
    expect(await (await repository.get("model_index.json")).text()).toBe("{}");
    expect(await (await (await open()).get("model_index.json")).text()).toBe("[]");
  });

  it("goes on standing for an older commit that is held, until it is settled", async () => {
    const { cacheDir, commit, hub, open } = await setUp();
    const reference = () => readFile(join(cacheDir, "models--a--b", "refs", "main"), "utf8");
    const first = await open({ holdRevision: true });
    await first.get("model_index.json");
    expect(await reference()).toBe(commit);
    hub.update({ "a/b": { files: { ...files, "model_index.json": "[]" } } });
    const next = await open({ holdRevision: true });
    await next.get("model_index.json");
    expect(await reference()).toBe(commit);
    const offline = await (await open({ localFilesOnly: true })).get("model_index.json");
    expect(await offline.text()).toBe("{}");
    await next.settle?.();
    expect(await reference()).toBe(hub.commit("a/b"));
  });

  it("keeps references with slashes, and stores the same content once", async () => {
    const { cacheDir, hub, open } = await setUp();
    await (await open()).get("unet/w.safetensors");
    hub.clearRequests();
    const request = await open({ revision: "refs/pr/1" });
    await request.get("unet/w.safetensors");
    const commit = hub.commit("a/b", "refs/pr/1");
    expect(await readFile(join(cacheDir, "models--a--b", "refs", "refs", "pr", "1"), "utf8")).toBe(commit);
    expect(requestLines(hub).filter((line) => line.startsWith("cdn"))).toHaveLength(1);
    expect((await folderEntries(join(cacheDir, "models--a--b", "blobs"))).length).toBe(1);
  });

  it("links a content that is there already without a request, where the listing names it", async () => {
    const { hub, open } = await setUp();
    await (await open()).get("unet/w.safetensors");
    const repository = await open({ revision: "refs/pr/1" });
    await repository.list();
    hub.clearRequests();
    expect(await (await repository.get("unet/w.safetensors")).text()).toBe(weights);
    expect(hub.requests).toEqual([]);
  });

  it("fetches a content again that is there cut short", async () => {
    const { cacheDir, open } = await setUp();
    const blob = join(cacheDir, "models--a--b", "blobs", weightsId);
    await mkdir(join(blob, ".."), { recursive: true });
    await writeFile(blob, "hell");
    expect(await (await (await open()).get("unet/w.safetensors")).text()).toBe(weights);
  });

  it("mends a link that leads nowhere", async () => {
    const { cacheDir, commit, open } = await setUp();
    const snapshot = join(cacheDir, "models--a--b", "snapshots", commit);
    await mkdir(snapshot, { recursive: true });
    await symlink("../../blobs/gone", join(snapshot, "model_index.json"));
    expect(await (await (await open()).get("model_index.json")).text()).toBe("{}");
  });

  it("lists all files with the pages of the Hub, and keeps the list for when there is no connection", async () => {
    const { cacheDir, commit, hub, open } = await setUp({ pageSize: 2 });
    const repository = await open();
    expect(await repository.list()).toEqual(Object.keys(files));
    expect(await folderEntries(cacheDir)).toEqual([]);
    await repository.get("model_index.json");
    const kept = JSON.parse(
      await readFile(join(cacheDir, "models--a--b", "trees", `${commit}.json`), "utf8"),
    );
    expect(kept.files["unet/w.safetensors"]).toMatchObject({ size: 11, lfs_sha256: weightsId, lfs_size: 11 });
    hub.clearRequests();
    expect(await repository.list()).toEqual(Object.keys(files));
    const offline = await open({ localFilesOnly: true });
    expect(await offline.list()).toEqual(Object.keys(files));
    expect(hub.requests).toEqual([]);
  });

  it("knows what is not there, and remembers it", async () => {
    const { cacheDir, commit, hub, open } = await setUp();
    const repository = await open();
    expect(await repository.find("unet/none")).toBeUndefined();
    expect(await folderEntries(cacheDir)).toEqual([`models--a--b/.no_exist/${commit}/unet/none`]);
    const error = await caught(repository.get("unet/none"));
    expect(error).toMatchObject({ code: "entry-not-found" });
    expect(error.message).toBe(
      `unet/none is not in a/b at commit ${commit}. Check the path, the subfolder and the revision.`,
    );
    expect(requestLines(hub)).toHaveLength(2);
    const listed = await open();
    await listed.list();
    hub.clearRequests();
    expect(await listed.find("unet/other")).toBeUndefined();
    expect(hub.requests).toEqual([]);
  });

  it("does not remember a bare 404, which may not be the Hub's", async () => {
    const { cacheDir, hub, open } = await setUp();
    const repository = await open();
    hub.addFault({ path: "unet/x", status: 404, times: 1 });
    expect(await repository.find("unet/x")).toBeUndefined();
    expect(await folderEntries(cacheDir)).toEqual([]);
    expect(await (await (await open()).get("unet/x")).text()).toBe("x");
  });

  it("tells how a transfer goes", async () => {
    const bytes = new Uint8Array(3_000_000).fill(7);
    const large = { "a/b": { files: { "w.bin": { bytes, lfs: true } } } };
    const { open } = await setUp({ repositories: large });
    const events: ProgressEvent[] = [];
    await (await open()).get("w.bin", { onProgress: (event) => events.push(event) });
    const total = { file: "w.bin", totalBytes: bytes.length };
    expect(events[0]).toEqual({ type: "file-start", ...total, cached: false });
    expect(events.at(-2)).toEqual({ type: "file-progress", ...total, loadedBytes: bytes.length });
    expect(events.at(-1)).toEqual({ type: "file-end", ...total, cached: false });
    const loaded = events.flatMap((event) => (event.type === "file-progress" ? [event.loadedBytes] : []));
    expect(loaded).toEqual(loaded.toSorted((first, second) => first - second));
  });

  it("fetches a file once for all who ask for it at the same time, in one repository or several", async () => {
    const { hub, open } = await setUp();
    const [first, second] = await Promise.all([open(), open()]);
    const all = await Promise.all([first, first, second].map((one) => one.get("unet/w.safetensors")));
    expect(new Set(all.map((file) => file.localPath)).size).toBe(1);
    expect(requestLines(hub).filter((line) => line.startsWith("cdn"))).toHaveLength(1);
  });

  it("refuses paths and revisions that lead out of the cache, before any request", async () => {
    const { hub, open, cacheDir } = await setUp();
    const repository = await open();
    hub.clearRequests();
    for (const path of ["../x", "/etc/passwd", "..\\x", "C:/x", "unet/../../x"]) {
      expect(await caught(repository.find(path))).toMatchObject({ code: "unsafe-path" });
    }
    for (const revision of ["../../x", "", "a\\b", "/x"]) {
      const error = await caught(open({ revision }));
      expect(error).toMatchObject({ code: "invalid-argument" });
      expect(error.message).toContain("option revision: found");
    }
    expect(hub.requests).toEqual([]);
    expect(await folderEntries(cacheDir)).toEqual([]);
  });

  it("understands a mirror with a path, and the address of a page", async () => {
    const { hub, open } = await setUp({ basePath: "/mirror/hub" });
    expect(await (await (await open()).get("unet/w.safetensors")).text()).toBe(weights);
    const page = `${hub.endpoint}/a/b/tree/refs%2Fpr%2F1`;
    expect(await (await (await open({}, page)).get("unet/x")).text()).toBe("y");
    const environment = { HF_ENDPOINT: `${hub.endpoint}/` };
    const byVariable = await open({ endpoint: undefined, environment });
    expect(await (await byVariable.get("model_index.json")).text()).toBe("{}");
  });
});

describe("access", () => {
  it("is by the token, which goes to the endpoint and not to the CDN", async () => {
    const { hub, open } = await setUp();
    const environment = { HF_TOKEN: "hf_owner\n" };
    const repository = await open({ token: undefined, environment }, "a/private");
    await repository.get("unet/w.safetensors");
    expect(hub.requests.map(({ host, headers }) => [host, headers["authorization"]])).toEqual([
      ["hub", "Bearer hf_owner"],
      ["hub", "Bearer hf_owner"],
      ["cdn", undefined],
    ]);
    hub.clearRequests();
    const error = await caught(open({ token: false, environment }, "a/private"));
    expect(error).toMatchObject({ code: "repository-not-found" });
    expect(hub.requests[0]?.headers["authorization"]).toBeUndefined();
  });

  it("to a gated repository needs a licence, which the error says how to get", async () => {
    const { hub, open } = await setUp();
    const repository = await open({}, "a/gated");
    const error = await caught(repository.get("model_index.json"));
    expect(error).toMatchObject({ code: "gated-repository" });
    expect(error.message).toContain(`Accept its licence at ${hub.endpoint}/a/gated, then pass a token`);
    const accepted = await open({ token: "hf_accepted" }, "a/gated");
    expect(await (await accepted.get("model_index.json")).text()).toBe("{}");
  });

  describe("at the same time", () => {
    const content = { bytes: new Uint8Array(300_000), lfs: true };
    const shared = {
      repositories: {
        ...repositories,
        "a/private": { files: { "w.bin": content }, privateToken: "hf_may" },
        "a/gated": { files: { "w.bin": content }, gatedToken: "hf_may" },
      },
      tokens: ["hf_other"],
    };
    const outcome = (asked: Promise<{ readonly size: number }>): Promise<unknown> =>
      asked.then(
        ({ size }) => size,
        ({ code }) => code,
      );

    it.each([
      ["a/private", "hf_other", "repository-not-found"],
      ["a/gated", "hf_other", "gated-repository"],
      ["a/gated", false, "gated-repository"],
      ["a/private", "hf_unknown", "invalid-token"],
    ] as const)("is of each caller's own token: %s, %s", async (id, other, refusal) => {
      const { hub, open } = await setUp(shared);
      const ask = async (token: string | false, cacheDir: string) =>
        outcome((await open({ token, cacheDir, revision: hub.commit(id) }, id)).get("w.bin"));
      const [first, second] = [await makeFolder(), await makeFolder()];
      expect(await Promise.all([ask(other, first), ask("hf_may", first)])).toEqual([refusal, 300_000]);
      expect(await Promise.all([ask("hf_may", second), ask(other, second)])).toEqual([300_000, refusal]);
    });

    it("is by each caller's own endpoint, fetch and patience", async () => {
      const { hub, open } = await setUp(shared);
      const cacheDir = await makeFolder();
      const revision = hub.commit("a/private");
      const broken: typeof fetch = async () => new Response(null, { status: 501 });
      const ask = async (more: OpenRepositoryOptions) =>
        outcome((await open({ token: "hf_may", cacheDir, revision, ...more }, "a/private")).get("w.bin"));
      const outcomes = [
        ask({ endpoint: "http://127.0.0.1:1", retry: { maxRetries: 0 } }),
        ask({ fetch: broken }),
        ask({}),
      ];
      expect(await Promise.all(outcomes)).toEqual(["connection", "server", 300_000]);
    });
  });

  it("with a wrong token is refused, without repeating it", async () => {
    const { open } = await setUp();
    const error = await caught(open({ token: "hf_wrong" }));
    expect(error).toMatchObject({ code: "invalid-token" });
    expect(JSON.stringify([error.message, error.stack])).not.toContain("hf_wrong");
  });

  it("to what does not exist fails when the repository is opened", async () => {
    const { cacheDir, open } = await setUp();
    expect(await caught(open({}, "a/none"))).toMatchObject({ code: "repository-not-found" });
    expect(await caught(open({ revision: "v9" }))).toMatchObject({ code: "revision-not-found" });
    expect(await folderEntries(cacheDir)).toEqual([]);
  });
});
