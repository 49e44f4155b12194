import type { LocalFolder } from "./local-files.ts";

/** Files that are all known. */
export class BlobMapFolder implements LocalFolder {
  readonly name: string;
  readonly #blobs: ReadonlyMap<string, Blob>;

  constructor(name: string, blobs: ReadonlyMap<string, Blob>) {
    this.name = name;
    this.#blobs = blobs;
  }

  /** Files by their place in the folder that was chosen, or by their name where none was. */
  static fromFiles(files: readonly File[]): BlobMapFolder {
    const paths = files.map((file) => file.webkitRelativePath || file.name);
    const folder = /^[^/]+\//.exec(paths[0] ?? "")?.[0] ?? "";
    const isInFolder = folder !== "" && paths.every((path) => path.startsWith(folder));
    const start = isInFolder ? folder.length : 0;
    const blobs = new Map(files.map((file, index) => [paths[index]?.slice(start) ?? "", file]));
    return new BlobMapFolder(isInFolder ? folder.slice(0, -1) : "local files", blobs);
  }

  async find(path: string): Promise<Blob | undefined> {
    return this.#blobs.get(path);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#blobs.keys()];
  }
}
