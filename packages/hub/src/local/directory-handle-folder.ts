import { findEntry } from "../file/is-missing-entry.ts";
import { checkFileCount } from "./check-file-count.ts";
import type { LocalFolder } from "./local-files.ts";

/** A folder that the person at the browser has given access to. Files are looked up when they are asked for. */
export class DirectoryHandleFolder implements LocalFolder {
  readonly name: string;
  readonly #handle: FileSystemDirectoryHandle;

  constructor(handle: FileSystemDirectoryHandle) {
    this.name = handle.name || "local files";
    this.#handle = handle;
  }

  async find(path: string): Promise<File | undefined> {
    const segments = path.split("/");
    const fileName = segments.pop() as string;
    return findEntry(path, async () => {
      let folder = this.#handle;
      for (const segment of segments) folder = await folder.getDirectoryHandle(segment);
      return (await folder.getFileHandle(fileName)).getFile();
    });
  }

  async list(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const paths: string[] = [];
    await this.#walk(this.#handle, "", paths, signal);
    return paths;
  }

  async #walk(
    folder: FileSystemDirectoryHandle,
    prefix: string,
    paths: string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for await (const entry of folder.values()) {
      signal?.throwIfAborted();
      const path = `${prefix}${entry.name}`;
      if (entry.kind === "directory")
        await this.#walk(entry as FileSystemDirectoryHandle, `${path}/`, paths, signal);
      else paths.push(path);
      checkFileCount(this.name, paths.length);
    }
  }
}
