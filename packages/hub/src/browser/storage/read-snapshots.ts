import { isCommit, parseObjectId } from "../../hub-api/object-id.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** Which contents each cached commit of a repository has, by the path of the file. */
export type Snapshots = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads the snapshots of a repository's folder. */
export async function readSnapshots(folder: PrivateFolder): Promise<Snapshots> {
  const snapshots = new Map<string, ReadonlyMap<string, string>>();
  for (const { kind, name: commit } of await folder.folder("snapshots").entries()) {
    if (kind !== "directory" || !isCommit(commit)) continue;
    const snapshot = folder.folder(`snapshots/${commit}`);
    const contents = new Map<string, string>();
    for (const path of await snapshot.files()) {
      const objectId = parseObjectId(await snapshot.readText(path));
      if (objectId !== undefined) contents.set(path, objectId);
    }
    snapshots.set(commit, contents);
  }
  return snapshots;
}

/** The names of branches and tags by the commit that they stood for. */
export async function readBrowserRefs(
  folder: PrivateFolder,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const refs = new Map<string, string[]>();
  for (const name of await folder.folder("refs").files()) {
    const commit = (await folder.readText(`refs/${name}`)) ?? "";
    refs.set(commit, [...(refs.get(commit) ?? []), name]);
  }
  return refs;
}
