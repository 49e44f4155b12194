import { InvalidArgumentError, type ProgressEvent } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { fakeHubs } from "./__fixtures__/fake-hubs.ts";
import { temporaryFolders } from "./__fixtures__/temporary-folders.ts";
import { EntryNotFoundError } from "./errors.ts";
import { getFiles } from "./get-files.ts";
import { openRepository } from "./open-repository.ts";
import type { ReadOptions, Repository, RepositoryFile } from "./repository.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();

/** A repository whose files come when they are told to. */
function heldRepository() {
  const asked: string[] = [];
  const pending = new Map<string, (outcome: "come" | Error) => void>();
  const aborted: string[] = [];
  const get = (path: string, { signal }: ReadOptions = {}): Promise<RepositoryFile> => {
    asked.push(path);
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => {
        if (pending.has(path)) aborted.push(path);
        reject(signal.reason);
      });
      pending.set(path, (outcome) =>
        outcome === "come" ? resolve({ path } as RepositoryFile) : reject(outcome),
      );
    });
  };
  const settle = async (path: string, outcome: "come" | Error = "come"): Promise<void> => {
    pending.get(path)?.(outcome);
    pending.delete(path);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { repository: { get } as Repository, asked, aborted, settle };
}

describe("getFiles", () => {
  it("fetches from the Hub, and reports each file", async () => {
    const paths = ["c", "a", "b", "a"];
    const hub = await startHub({ repositories: { "a/b": { files: { a: "1", b: "22", c: "333" } } } });
    const settings = { endpoint: hub.endpoint, cacheDir: await makeFolder(), environment: {} };
    const repository = await openRepository("a/b", settings);
    const events: ProgressEvent[] = [];
    const files = await getFiles(repository, paths, { onProgress: (event) => events.push(event) });
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ["c", 3],
      ["a", 1],
      ["b", 2],
      ["a", 1],
    ]);
    const ended = events
      .filter(({ type }) => type === "file-end")
      .map((event) => "file" in event && event.file);
    expect(ended.sort()).toEqual(["a", "b", "c"]);
    expect(await getFiles(repository, [])).toEqual([]);
  });

  it("has four on their way at once, or as many as it is told", async () => {
    const paths = ["a", "b", "c", "d", "e", "f"];
    const four = heldRepository();
    const files = getFiles(four.repository, paths);
    expect(four.asked).toEqual(["a", "b", "c", "d"]);
    await four.settle("c");
    expect(four.asked).toEqual(["a", "b", "c", "d", "e"]);
    for (const path of paths) await four.settle(path);
    expect((await files).map(({ path }) => path)).toEqual(paths);

    const one = heldRepository();
    const inOrder = getFiles(one.repository, paths, { maxWorkers: 1 });
    expect(one.asked).toEqual(["a"]);
    for (const path of paths) await one.settle(path);
    expect(await inOrder).toHaveLength(6);
  });

  it("stops the others where one cannot be had", async () => {
    const { repository, asked, aborted, settle } = heldRepository();
    const files = caught(getFiles(repository, ["a", "b", "c"], { maxWorkers: 2 }));
    await settle("b", new Error("no b"));
    expect((await files).message).toBe("no b");
    expect(aborted).toEqual(["a"]);
    expect(asked).toEqual(["a", "b"]);
  });

  it("names the file that does not exist", async () => {
    const hub = await startHub({ repositories: { "a/b": { files: { a: "1" } } } });
    const settings = { endpoint: hub.endpoint, cacheDir: await makeFolder(), environment: {} };
    const error = await caught(getFiles(await openRepository("a/b", settings), ["a", "x"]));
    expect(EntryNotFoundError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ problem: { subject: expect.stringContaining("x in a/b") } });
  });

  it("is cancelled with the signal's reason", async () => {
    const { repository } = heldRepository();
    const abort = new AbortController();
    const files = caught(getFiles(repository, ["a", "b"], { signal: abort.signal }));
    abort.abort(new Error("enough"));
    expect((await files).message).toBe("enough");
  });

  it.each([0, 1.5, 33, Number.NaN])("refuses %s workers", async (maxWorkers) => {
    const error = await caught(getFiles(heldRepository().repository, ["a"], { maxWorkers }));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/maxWorkers: found .*, expected an integer from 1 to 32/);
  });
});
