import { InvalidArgumentError } from "@onestep/core";
import { errorMessage } from "@onestep/core/internal";
import { type OptionNames, requireKnownOptions } from "@onestep/core/internal/known-options";
import { platform } from "#platform";
import {
  type Cache,
  type CachedContent,
  type CachedIncompleteFile,
  type CachedRepository,
  type CachedRevision,
  type CacheFolder,
  type CacheProblem,
  type CacheReport,
  type DeleteFromCacheOptions,
  type DeletionReport,
  isInterruptedDeletion,
  type PruneCacheOptions,
  type ScanCacheOptions,
} from "./cache/cache-report.ts";
import { HubCache } from "./cache/hub-cache.ts";
import { RepositoryNotFoundError, RevisionNotFoundError } from "./errors.ts";
import { describeUrl } from "./http/connection-failure.ts";
import { findPathFault, findRepositoryIdFault } from "./validators.ts";

const cacheOptionNames: OptionNames<PruneCacheOptions> = { cacheDir: true, environment: true, signal: true };
const deletionOptionNames: OptionNames<DeleteFromCacheOptions> = {
  cacheDir: true,
  environment: true,
  repoId: true,
  revision: true,
};

/**
 * Lists the contents of a cache: the models in the folder shared with Python (in a browser, in the site's storage), and
 * the folders of web servers. Broken entries are reported, not thrown. A cache folder that does not exist is an empty
 * cache.
 *
 * @throws InvalidArgumentError if an option is unknown.
 * @throws FileReadError if the cache folder itself cannot be read.
 * @throws UnsupportedError in a browser that gives the page no storage; this applies to all cache tools.
 *
 * @example
 * const { repositories } = await scanCache();
 * for (const { id, sizeOnDisk } of repositories) console.log(id, sizeOnDisk);
 */
export async function scanCache(options: ScanCacheOptions = {}): Promise<CacheReport> {
  requireKnownOptions("scanCache", options, cacheOptionNames);
  const cache = await platform.openCache(options);
  const problems: CacheProblem[] = [];
  const scanned: ScannedFolder[] = [];
  for (const { folder, id } of await findFolders(cache, problems)) {
    options.signal?.throwIfAborted();
    try {
      scanned.push(await scanFolder(folder, id, problems));
    } catch (error) {
      // An unreadable entry does not hide the others.
      problems.push({ path: folder.location, message: errorMessage(error) });
    }
  }
  return {
    cacheDir: cache.cacheDir,
    repositories: scanned
      .map(({ repository }) => repository)
      .sort((first, second) => (first.id < second.id ? -1 : 1)),
    sizeOnDisk: totalSize(scanned.flatMap(({ contents }) => contents)),
    problems,
  };
}

/** The repository folders in a cache. Other entries are added to `problems`. */
async function findFolders(
  cache: Cache,
  problems: CacheProblem[],
): Promise<readonly { readonly folder: CacheFolder; readonly id: string }[]> {
  const found: { readonly folder: CacheFolder; readonly id: string }[] = [];
  for (const { isFolder, location, name } of await cache.entries("hub")) {
    if (isInterruptedDeletion(name)) {
      problems.push({ path: location, message: "is left over from an interrupted deletion" });
    }
    const id = HubCache.idOf(name);
    if (id === undefined) continue;
    if (isFolder && findRepositoryIdFault(id) === undefined) {
      found.push({ folder: cache.folder("hub", name), id });
    } else problems.push({ path: location, message: "is not the folder of a model" });
  }
  for (const { location, name } of await cache.entries("web")) {
    const folder = cache.folder("web", name);
    const id = parseOrigin(await folder.store.readText("origin.json").catch(() => undefined));
    if (id !== undefined) found.push({ folder, id });
    else problems.push({ path: location, message: "does not name its web server (origin.json)" });
  }
  return found;
}

/** The address that a web server folder belongs to; `undefined` if the text is malformed. */
function parseOrigin(text: string | undefined): string | undefined {
  try {
    const origin: unknown = JSON.parse(text ?? "");
    const url = typeof origin === "object" && origin !== null && "url" in origin ? origin.url : undefined;
    return typeof url === "string" ? url : undefined;
  } catch {
    return undefined;
  }
}

/** A repository in a cache, with its contents. */
interface ScannedFolder {
  readonly repository: CachedRepository;
  readonly contents: readonly CachedContent[];
}

async function scanFolder(
  folder: CacheFolder,
  id: string,
  problems: CacheProblem[] = [],
): Promise<ScannedFolder> {
  const { kind, location, store } = folder;
  const refs = await folder.readRefs(problems);
  const contents = new Map<string, CachedContent>();
  const revisions: CachedRevision[] = [];
  for (const [commit, files] of await folder.readSnapshots(problems)) {
    for (const file of files) contents.set(file.place, file);
    revisions.push({
      commit,
      refs: refs.get(commit) ?? [],
      sizeOnDisk: totalSize(files),
      fileCount: files.length,
    });
    refs.delete(commit);
  }
  for (const [commit, names] of refs) {
    for (const name of names) {
      problems.push({
        path: store.key(`refs/${name}`),
        message: `names the commit ${commit}, which is not cached`,
      });
    }
  }
  const incompleteFiles: CachedIncompleteFile[] = [];
  for (const content of await folder.readContents(problems)) {
    const { part, place: path, size } = content;
    const isNamed = contents.has(path);
    if (!isNamed) contents.set(path, content);
    if (part !== undefined) {
      incompleteFiles.push({ path, sizeOnDisk: size, processId: part.processId });
      if (part.isLeft !== false) {
        problems.push({ path, message: "is left over from an interrupted download" });
      }
    } else if (!isNamed && kind === "hub") problems.push({ path, message: "belongs to no snapshot" });
  }
  const all = [...contents.values()];
  const sizes = { sizeOnDisk: totalSize(all), fileCount: all.length };
  const lastUsed = all.length === 0 ? undefined : new Date(Math.max(...all.map((each) => each.lastUsed)));
  return {
    contents: all,
    repository: { kind, id, folder: location, ...sizes, lastUsed, revisions, incompleteFiles },
  };
}

/** The total length of contents; contents with the same location count once. */
function totalSize(contents: Iterable<CachedContent>): number {
  const sizes = new Map<string, number>();
  for (const content of contents) sizes.set(content.store, content.size);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/**
 * Deletes a repository from a cache, or one revision with the contents that no other revision uses.
 *
 * @throws InvalidArgumentError if `repoId` or `revision` are invalid, or an option is unknown.
 * @throws RepositoryNotFoundError, RevisionNotFoundError if they are not cached.
 * @throws CacheWriteError if the operating system refuses.
 *
 * @example
 * const { freedBytes } = await deleteFromCache({ repoId: "owner/name", revision: "v1.0" });
 */
export async function deleteFromCache(options: DeleteFromCacheOptions): Promise<DeletionReport> {
  requireKnownOptions("deleteFromCache", options, deletionOptionNames);
  const { repoId, revision } = options;
  const url = checkDeletion(options);
  const cache = await platform.openCache(options);
  const folder =
    url === undefined
      ? cache.folder("hub", HubCache.folderName(repoId))
      : cache.folder("web", await cache.urlFolderName(url));
  await checkIsFolder(folder, repoId, cache);
  if (revision === undefined) return deleteFolder(folder);
  const commit = await new HubCache(folder.store).readCommit(revision);
  const snapshots = await folder.readSnapshots([]);
  if (commit === undefined) throw revisionNotCached(options, cache);
  const others = [...snapshots].filter(([other]) => other !== commit);
  if (others.length === 0) return deleteFolder(folder);
  const stillNeeded = new Set(others.flatMap(([, contents]) => contents.map(({ place }) => place)));
  const contents = (snapshots.get(commit) ?? []).filter(({ place }) => !stillNeeded.has(place));
  const places = new Set(contents.map(({ place }) => place));
  const { store } = folder;
  const blobs = (await folder.readContents([])).filter(({ place }) => places.has(place));
  const refs = (await folder.readRefs([])).get(commit) ?? [];
  // References and snapshots are removed first, so that no reader sees a partial repository.
  for (const ref of refs) await store.remove(`refs/${ref}`);
  await store.remove(`snapshots/${commit}`);
  for (const { path } of blobs) await store.remove(path);
  await store.remove(`trees/${commit}.json`);
  await store.remove(`${store.missingFolder}/${commit}`);
  return sumUp(folder, contents);
}

/** Validates the arguments of a deletion. Returns the address of a web server folder; `undefined` for a Hub model. */
function checkDeletion({ repoId, revision }: DeleteFromCacheOptions): string | undefined {
  if (/^https?:\/\//i.test(repoId) && URL.canParse(repoId)) {
    if (revision !== undefined) {
      throw invalid("option revision", revision, "none, since a web server has no revisions");
    }
    return describeUrl(new URL(repoId)).replace(/\/+$/, "");
  }
  const fault = findRepositoryIdFault(repoId);
  if (fault !== undefined) throw invalid("option repoId", `${repoId}, which ${fault}`, "a Hub id or a URL");
  const revisionFault = revision === undefined ? undefined : findPathFault(revision);
  if (revisionFault !== undefined) {
    throw invalid("option revision", `${revision}, which ${revisionFault}`, "a branch, a tag or a commit");
  }
  return undefined;
}

function invalid(subject: string, found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found, expected, remedy: "Correct it." });
}

const seeCache = "See what is cached with scanCache, or onestep cache list.";

/** A link in place of a folder would lead out of the cache. */
async function checkIsFolder(folder: CacheFolder, id: string, { place }: Cache): Promise<void> {
  const kind = await folder.entryKind();
  if (kind === "something else") {
    throw invalid("option repoId", `${id}, which is a link or a file in the cache`, "a folder");
  }
  if (kind === "folder") return;
  throw new RepositoryNotFoundError({
    subject: id,
    found: `nothing in ${place}`,
    expected: "a cached repository",
    remedy: seeCache,
  });
}

function revisionNotCached(
  { repoId, revision }: DeleteFromCacheOptions,
  { place }: Cache,
): RevisionNotFoundError {
  return new RevisionNotFoundError({
    subject: `revision ${revision} of ${repoId}`,
    found: `nothing in ${place}`,
    expected: "a cached revision",
    remedy: seeCache,
  });
}

async function deleteFolder(folder: CacheFolder): Promise<DeletionReport> {
  const { contents } = await scanFolder(folder, "");
  await folder.delete();
  return sumUp(folder, contents);
}

/** Contents outside the folder were not deleted and do not count. */
function sumUp({ location }: CacheFolder, contents: readonly CachedContent[]): DeletionReport {
  const deleted = contents.filter(
    ({ place }) => place.startsWith(location) && /^[\\/]/.test(place.slice(location.length)),
  );
  return {
    freedBytes: totalSize(deleted.filter(({ place, store }) => place === store)),
    keptBytes: totalSize(deleted.filter(({ place, store }) => place !== store)),
  };
}

/** If it is unknown whether a partial file is in use, it is kept for this long after its last change. */
const restingMilliseconds = 10 * 60 * 1000;

/**
 * Removes leftovers of interrupted operations: partial downloads, locks of processes that have ended, partly deleted
 * folders. Files in use are kept; if that is unknown, files that changed in the last ten minutes are kept.
 *
 * @throws CacheWriteError if the operating system refuses.
 *
 * @example
 * const { freedBytes } = await pruneCache();
 */
export async function pruneCache(options: PruneCacheOptions = {}): Promise<DeletionReport> {
  requireKnownOptions("pruneCache", options, cacheOptionNames);
  const cache = await platform.openCache(options);
  let freedBytes = 0;
  for (const kind of ["hub", "web"] as const) {
    for (const { isFolder, name } of await cache.entries(kind)) {
      options.signal?.throwIfAborted();
      if (!isFolder || (kind === "hub" && HubCache.idOf(name) === undefined)) continue;
      const folder = cache.folder(kind, name);
      for (const { lastUsed, part, path, size } of await folder.readContents([])) {
        if (part === undefined) continue;
        if (!(part.isLeft ?? Date.now() - lastUsed >= restingMilliseconds)) continue;
        await folder.store.remove(path);
        freedBytes += size;
      }
    }
  }
  return { freedBytes: freedBytes + (await cache.pruneRest(options.signal)), keptBytes: 0 };
}
