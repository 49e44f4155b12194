import type { DeleteFromCacheOptions, DeletionReport } from "../../cache/cache-report.ts";
import { checkDeletion } from "../../cache/check-deletion.ts";
import { RepositoryNotFoundError } from "../../errors/repository-not-found-error.ts";
import { RevisionNotFoundError } from "../../errors/revision-not-found-error.ts";
import { BrowserHubStore } from "./browser-hub-store.ts";
import { BrowserWebStore } from "./browser-web-store.ts";
import { openCacheFolder } from "./cache-folder.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { readBrowserRefs, readSnapshots } from "./read-snapshots.ts";
import { readContents, totalBytes } from "./stored-contents.ts";

/** See `deleteFromCache` in `cache/cache-tools.ts`. */
export async function deleteFromBrowserCache(options: DeleteFromCacheOptions): Promise<DeletionReport> {
  const { repoId } = options;
  const { revision, url } = checkDeletion(options);
  const cache = await openCacheFolder(options);
  const name = url === undefined ? BrowserHubStore.folderName(repoId) : await BrowserWebStore.folderName(url);
  if (!(await cache.folder(name).exists())) throw notCached(repoId);
  if (revision !== undefined) return deleteRevision(cache, name, repoId, revision);
  return deleteRepository(cache, name, url === undefined ? "blobs" : "contents");
}

/** What says that files are there goes first, so that nobody sees half of it. */
async function deleteRepository(
  cache: PrivateFolder,
  name: string,
  room: "blobs" | "contents",
): Promise<DeletionReport> {
  const folder = cache.folder(name);
  const freedBytes = totalBytes((await readContents(folder.folder(room))).values());
  for (const first of ["refs", "snapshots", "notes"]) await folder.remove(first);
  await cache.remove(name);
  return { freedBytes, keptBytes: 0 };
}

async function deleteRevision(
  cache: PrivateFolder,
  name: string,
  id: string,
  revision: string,
): Promise<DeletionReport> {
  const folder = cache.folder(name);
  const commit = await new BrowserHubStore(folder).readCommit(revision);
  const snapshots = await readSnapshots(folder);
  if (commit === undefined || !snapshots.has(commit)) throw revisionNotCached(id, revision);
  if (snapshots.size === 1) return deleteRepository(cache, name, "blobs");
  const others = [...snapshots].filter(([other]) => other !== commit);
  const stillNeeded = new Set(others.flatMap(([, contents]) => [...contents.values()]));
  const stored = await readContents(folder.folder("blobs"));
  const unneeded = [...new Set(snapshots.get(commit)?.values())].filter(
    (content) => !stillNeeded.has(content),
  );
  for (const ref of (await readBrowserRefs(folder)).get(commit) ?? []) await folder.remove(`refs/${ref}`);
  for (const note of [`snapshots/${commit}`, `trees/${commit}.json`, `missing/${commit}`]) {
    await folder.remove(note);
  }
  for (const content of unneeded) await folder.remove(`blobs/${content}`);
  return { freedBytes: totalBytes(unneeded.flatMap((content) => stored.get(content) ?? [])), keptBytes: 0 };
}

function notCached(id: string): RepositoryNotFoundError {
  return new RepositoryNotFoundError({
    subject: id,
    found: "nothing in the browser's cache",
    expected: "a cached repository",
    remedy: "See what is cached with scanCache.",
  });
}

function revisionNotCached(id: string, revision: string): RevisionNotFoundError {
  return new RevisionNotFoundError({
    subject: `revision ${revision} of ${id}`,
    found: "nothing in the browser's cache",
    expected: "a cached revision",
    remedy: "See what is cached with scanCache.",
  });
}
