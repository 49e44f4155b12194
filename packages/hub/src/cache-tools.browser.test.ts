import { describe, expect, inject, it } from "vitest";
import { browserCaches } from "./__fixtures__/browser-caches.ts";
import { caught } from "./__fixtures__/caught.ts";
import { cutAfter, loggedFetch } from "./__fixtures__/logged-fetch.ts";
import { deleteFromCache, pruneCache, scanCache } from "./cache-tools.ts";
import { openRepository } from "./open-repository.ts";

const endpoint = inject("hubEndpoint");
const makeCache = browserCaches();

describe("the cache tools in a browser", () => {
  it("find nothing in a cache that is not there", async () => {
    const cacheDir = makeCache();
    expect(await scanCache({ cacheDir })).toEqual({
      cacheDir,
      repositories: [],
      sizeOnDisk: 0,
      problems: [],
    });
    expect(await pruneCache({ cacheDir })).toEqual({ freedBytes: 0, keptBytes: 0 });
    expect(await caught(deleteFromCache({ cacheDir, repoId: "a/b" }))).toMatchObject({
      code: "repository-not-found",
    });
  });

  it("tell what is there, and delete it", async () => {
    const cacheDir = makeCache();
    const options = { cacheDir, endpoint };
    const main = await openRepository("onestep/large", options);
    const older = await openRepository("onestep/large", { ...options, revision: "v1" });
    const [config, olderConfig, shared] = [
      await main.get("config.json"),
      await older.get("config.json"),
      await main.get("README.md"),
    ];
    await older.get("README.md");
    const address = new URL("/packages/emoji32/", window.location.href);
    const index = await (await openRepository(address, { cacheDir })).get("model_index.json");

    const report = await scanCache({ cacheDir });
    expect(report.problems).toEqual([]);
    expect(report.sizeOnDisk).toBe(config.size + olderConfig.size + shared.size + index.size);
    expect(report.repositories).toMatchObject([
      {
        kind: "web",
        id: address.href.replace(/\/$/, ""),
        fileCount: 1,
        sizeOnDisk: index.size,
        revisions: [],
      },
      {
        kind: "hub",
        id: "onestep/large",
        folder: `${cacheDir}/models--onestep--large`,
        fileCount: 3,
        incompleteFiles: [],
      },
    ]);
    const revisions = report.repositories[1]?.revisions ?? [];
    expect(revisions).toHaveLength(2);
    expect(revisions.find(({ refs }) => refs.includes("v1"))).toEqual({
      commit: older.commit,
      refs: ["v1"],
      sizeOnDisk: olderConfig.size + shared.size,
      fileCount: 2,
    });

    const tag = { cacheDir, repoId: "onestep/large", revision: "v1" };
    expect(await deleteFromCache(tag)).toEqual({ freedBytes: olderConfig.size, keptBytes: 0 });
    expect(await caught(deleteFromCache(tag))).toMatchObject({ code: "revision-not-found" });
    const left = await openRepository("onestep/large", { cacheDir, localFilesOnly: true });
    expect(await (await left.get("README.md")).text()).toBe(await shared.text());
    const web = await deleteFromCache({ cacheDir, repoId: address.href });
    expect(web).toEqual({ freedBytes: index.size, keptBytes: 0 });
    await deleteFromCache({ cacheDir, repoId: "onestep/large" });
    expect((await scanCache({ cacheDir })).repositories).toEqual([]);
    expect(await caught(deleteFromCache({ cacheDir, repoId: "../x" }))).toMatchObject({
      code: "invalid-argument",
    });
  });

  it("see what an interrupted transfer left, and remove it", async () => {
    const cacheDir = makeCache();
    const { fetch } = loggedFetch((response, { path }) =>
      path.endsWith("weights.bin") ? cutAfter(response, 100_000) : response,
    );
    const repository = await openRepository("onestep/large", {
      cacheDir,
      endpoint,
      fetch,
      retry: { maxRetries: 0 },
    });
    await repository.get("config.json");
    expect(await caught(repository.get("weights.bin"))).toMatchObject({ code: "connection" });
    const { problems, repositories } = await scanCache({ cacheDir });
    expect(repositories[0]?.incompleteFiles).toMatchObject([{ sizeOnDisk: 100_000, processId: undefined }]);
    expect(problems).toMatchObject([{ message: "is left over from an interrupted download" }]);
    expect(await pruneCache({ cacheDir })).toEqual({ freedBytes: 100_000, keptBytes: 0 });
    expect((await scanCache({ cacheDir })).problems).toEqual([]);
  });
});
