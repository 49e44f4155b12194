import type { PrivateFolder } from "./private-folder.ts";

/**
 * The name of the lock that whoever fetches a content has.
 *
 * @param folder - The folder of the repository.
 * @param room - Where it keeps its contents: those of the Hub by object id, those of web servers by path and version.
 * @param name - The content's. What a path's versions have in common is the path, for which there is one lock.
 */
export function contentLock(folder: PrivateFolder, room: "blobs" | "contents", name: string): string {
  return `onestep ${folder.path}/${room}/${name.split("-")[0]}`;
}
