import type { Repository, RepositoryFile } from "@onestep/hub";

/** A repository in memory. `asked` fills with the paths that were looked for. */
export function memoryRepository(files: Readonly<Record<string, string>>, asked: string[] = []): Repository {
  const find = async (path: string): Promise<RepositoryFile | undefined> => {
    asked.push(path);
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) return undefined;
    const bytes = new TextEncoder().encode(text);
    return {
      path,
      size: bytes.length,
      localPath: undefined,
      read: async (start, end) => bytes.slice(start, end),
      text: async () => text,
    };
  };
  return {
    name: "someone/something",
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
