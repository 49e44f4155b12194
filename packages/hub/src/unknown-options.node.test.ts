import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import {
  bytesFile,
  deleteFromCache,
  getFiles,
  openFile,
  openRepository,
  pruneCache,
  pushComponent,
  type Repository,
  scanCache,
  uploadFiles,
} from "./index.ts";

/** An option that no function has: nothing may be opened, read or sent before it is refused. */
const unreachable = { fetch: () => Promise.reject(new Error("a request")) };
const repository: Repository = {
  name: "none",
  commit: undefined,
  list: async () => [],
  find: () => Promise.reject(new Error("a read")),
  get: () => Promise.reject(new Error("a read")),
};
const files = [bytesFile("a.txt", "a")];

it.each<[name: string, option: string, meant: string, call: (options: object) => Promise<unknown>]>([
  ["openRepository", "cache_dir", "cacheDir", (options) => openRepository("a/b", options)],
  ["openRepository", "revison", "revision", (options) => openRepository("/no/such/folder", options)],
  ["openFile", "local_files_only", "localFilesOnly", (options) => openFile("./model.pt", options)],
  ["getFiles", "max_workers", "maxWorkers", (options) => getFiles(repository, ["a"], options)],
  ["uploadFiles", "commit_message", "commitMessage", (options) => uploadFiles("me/a", files, options)],
  ["uploadFiles", "create_pr", "createPr", (options) => uploadFiles("me/a", files, options)],
  ["scanCache", "cachedir", "cacheDir", (options) => scanCache(options)],
  ["pruneCache", "cache_dir", "cacheDir", (options) => pruneCache(options)],
  [
    "deleteFromCache",
    "repo_id",
    "repoId",
    (options) => deleteFromCache(options as { readonly repoId: string }),
  ],
])("%s has no option %s", async (name, option, meant, call) => {
  const error = await call({ ...unreachableFor(name), [option]: "x" }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidArgumentError);
  expect(error).toMatchObject({ code: "invalid-argument", problem: { subject: option } });
  expect(String(error)).toContain(`${name} has no option \`${option}\`. Did you mean \`${meant}\`?`);
});

it("does not pass options of a component on to the upload", async () => {
  const options = {
    ...unreachable,
    maxShardSize: "1GB",
    token: "hf_x",
    environment: {},
    retry: { maxRetries: 0 },
  };
  const pushed = pushComponent("me/a", { className: "UNet2DModel", files }, options as object);
  await expect(pushed).rejects.not.toBeInstanceOf(InvalidArgumentError);
});

/** Functions that reach the network are given one that fails. */
function unreachableFor(name: string): object {
  return /^(open|upload)/.test(name) ? unreachable : {};
}
