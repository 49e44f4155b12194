import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { objectIdOf } from "../plan/planned-file.ts";

/** A file that a commit has. */
export interface ExpectedFile {
  readonly objectId: string;
  readonly sha256: string;
}

/** What a cache may contain: commits, and their files by path. */
export type ExpectedCommits = ReadonlyMap<string, ReadonlyMap<string, ExpectedFile>>;

/** The result of checking a cache. */
export interface CacheCheck {
  /** What should not exist, or should be different. */
  readonly faults: readonly string[];
  /** Partial files, notes and locks left by interrupted operations, all with names that say so. */
  readonly leftovers: readonly string[];
}

const folderName = "models--owner--name";
const part = /^[0-9a-f]{40}(?:[0-9a-f]{24})?\.onestep-[0-9a-f]{8}\.incomplete$/;
const note = /\.[0-9a-f]{8}\.tmp$/;
const lock = /^[0-9a-f]{40}(?:[0-9a-f]{24})?\.onestep\.lock(?:\.[0-9a-f]{8})?$/;

/**
 * Looks at every file of a cache: contents hash to their names, links lead to the content that their commit has there,
 * references name a commit of which something is there, listings are true, nothing is noted as missing that is not, and
 * what is not whole does not bear the name of something whole.
 */
export async function checkCache(cacheDir: string, commits: ExpectedCommits): Promise<CacheCheck> {
  const faults: string[] = [];
  const leftovers: string[] = [];
  for (const path of await listFiles(cacheDir)) {
    const location = join(cacheDir, path);
    const [top = "", kind = "", ...rest] = path.split("/");
    const name = rest.join("/");
    if (note.test(path) && top === folderName) leftovers.push(path);
    else if (top === ".locks" && kind === folderName && lock.test(name)) leftovers.push(path);
    else if (top !== folderName) faults.push(`${path}: a file that has no place in a cache`);
    else if (kind === "blobs" && part.test(name)) leftovers.push(path);
    else {
      const check = checks[kind];
      const fault =
        check === undefined
          ? "a file that has no place in a cache"
          : await check({ cacheDir, commits, location, name });
      if (fault !== undefined) faults.push(`${path}: ${fault}`);
    }
  }
  return { faults, leftovers };
}

interface Entry {
  readonly cacheDir: string;
  readonly commits: ExpectedCommits;
  readonly location: string;
  /** The path below the folder of its kind. */
  readonly name: string;
}

const checks: Readonly<Record<string, (entry: Entry) => Promise<string | undefined>>> = {
  blobs: async ({ location, name }) => {
    const bytes = await readFile(location);
    const found = objectIdOf(bytes, name.length === 64);
    return found === name ? undefined : `${bytes.length} bytes that hash to ${found}`;
  },
  snapshots: async ({ cacheDir, commits, location, name }) => {
    const { commit, path } = splitCommit(name);
    const expected = commits.get(commit)?.get(path);
    if (expected === undefined) return "a file that the commit does not have";
    const target = await readlink(location).catch(() => undefined);
    if (target === undefined || isAbsolute(target)) return "no relative link";
    const blob = join("blobs", expected.objectId);
    const found = relative(join(cacheDir, folderName), join(dirname(location), target));
    if (found !== blob) return `a link to ${found}, where the commit has ${blob}`;
    return realpath(location).then(
      () => undefined,
      () => "a link that leads nowhere",
    );
  },
  refs: async ({ cacheDir, commits, location }) => {
    const commit = await readFile(location, "utf8");
    if (!commits.has(commit)) return `a reference to ${JSON.stringify(commit)}, which is no commit`;
    const files = await listFiles(join(cacheDir, folderName, "snapshots", commit)).catch(() => []);
    return files.length === 0 ? "a reference to a commit of which nothing is there" : undefined;
  },
  trees: async ({ commits, location, name }) => {
    const expected = commits.get(name.replace(/\.json$/, ""));
    if (expected === undefined) return "the listing of something that is no commit";
    const text = await readFile(location, "utf8");
    const missing = [...expected.keys()].filter((path) => !text.includes(JSON.stringify(path)));
    return missing.length === 0 ? undefined : `a listing without ${missing.join(", ")}`;
  },
  ".no_exist": async ({ commits, name }) => {
    const { commit, path } = splitCommit(name);
    return commits.get(commit)?.has(path) === true
      ? "a file noted as missing that the commit has"
      : undefined;
  },
};

function splitCommit(name: string): { readonly commit: string; readonly path: string } {
  const end = name.indexOf("/");
  return { commit: name.slice(0, end), path: name.slice(end + 1) };
}

/** The paths of all non-folders, including links, with forward slashes. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const paths = await readdir(folder, { recursive: true });
  const isFolder = await Promise.all(
    paths.map(
      async (path) => (await lstat(join(folder, path)).catch(() => undefined))?.isDirectory() ?? true,
    ),
  );
  return paths.filter((_path, index) => !isFolder[index]).map((path) => path.split(sep).join("/"));
}
