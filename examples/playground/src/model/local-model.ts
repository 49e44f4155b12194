import type { ModelSource } from "../engine/messages.ts";

/** File extensions of single-file checkpoints. */
const singleFile = /\.(?:pt|pth|ckpt|bin|safetensors)$/i;

/** Files by their path in the model's folder, in a form that can be sent to a worker. */
export type LocalModel = Extract<ModelSource, { kind: "files" | "file" }>;

/**
 * The model in the files chosen by the user.
 *
 * @param files - From `<input type="file">`: the files of a folder, with their paths, or a single file.
 */
export function modelOfFiles(files: readonly File[]): LocalModel {
  const [only] = files;
  if (
    only !== undefined &&
    files.length === 1 &&
    only.webkitRelativePath === "" &&
    singleFile.test(only.name)
  ) {
    return { kind: "file", file: only };
  }
  const [folder = "files"] = only?.webkitRelativePath.split("/") ?? [];
  const paths = files.map((file) => {
    const path =
      file.webkitRelativePath === "" ? file.name : file.webkitRelativePath.split("/").slice(1).join("/");
    return [path, file] as const;
  });
  return { kind: "files", name: folder || "files", files: new Map(paths) };
}

/**
 * The model in files dropped on the page. Call this while handling the event: the browser gives access to dropped files
 * only during it.
 */
export async function modelOfDrop(drop: DataTransfer): Promise<LocalModel> {
  const entries = [...drop.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [only] = entries;
  const isFolder = only?.isDirectory === true && entries.length === 1;
  const found = await Promise.all(entries.map((entry) => listFiles(entry, "")));
  const files = new Map(
    found.flat().map(([path, file]) => [isFolder ? path.slice(path.indexOf("/") + 1) : path, file]),
  );
  const [file] = files.values();
  if (!isFolder && files.size === 1 && file !== undefined && singleFile.test(file.name)) {
    return { kind: "file", file };
  }
  return { kind: "files", name: isFolder ? only.name : "dropped files", files };
}

async function listFiles(
  entry: FileSystemEntry,
  parent: string,
): Promise<readonly (readonly [string, File])[]> {
  const path = `${parent}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [[path, file]];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: (readonly [string, File])[] = [];
  // A reader returns up to a hundred entries at a time, and an empty list at the end.
  for (let entries = await readSome(reader); entries.length > 0; entries = await readSome(reader)) {
    for (const child of entries) found.push(...(await listFiles(child, `${path}/`)));
  }
  return found;
}

function readSome(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

/** How to refer to the files in a sentence. */
export function nameOfLocalModel(model: LocalModel): string {
  return model.kind === "file" ? model.file.name : model.name;
}
