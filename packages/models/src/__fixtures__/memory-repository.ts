import type { Repository, RepositoryFile } from "@onestep/hub";

/** A file whose bytes are given. */
export function memoryFile(path: string, bytes: Uint8Array, size: number = bytes.length): RepositoryFile {
  return {
    path,
    size,
    localPath: undefined,
    read: async (start, end) => bytes.slice(start, end),
    text: async () => new TextDecoder().decode(bytes),
  };
}

/** A repository of files whose bytes are given. */
export function memoryRepository(files: Readonly<Record<string, Uint8Array | string>>): Repository {
  const find = async (path: string): Promise<RepositoryFile | undefined> => {
    const content = files[path];
    if (content === undefined) return undefined;
    return memoryFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  };
  return {
    name: "test/repository",
    commit: undefined,
    list: async () => Object.keys(files).sort(),
    find,
    get: async (path) => {
      const file = await find(path);
      if (file === undefined) throw new Error(`no ${path}`);
      return file;
    },
  };
}
