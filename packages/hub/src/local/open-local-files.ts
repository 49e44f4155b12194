import { InvalidArgumentError } from "@onestep/core";
import type { Repository } from "../repository.ts";
import { checkRepositoryPath } from "../source/repository-path.ts";
import { BlobMapFolder } from "./blob-map-folder.ts";
import { DirectoryHandleFolder } from "./directory-handle-folder.ts";
import { readDrop } from "./dropped-folder.ts";
import type { LocalFiles, LocalFolder } from "./local-files.ts";
import { LocalRepository } from "./local-repository.ts";

/**
 * Opens files at hand as a repository. Nothing is read before a file is asked for.
 *
 * @throws InvalidArgumentError where it is none of what {@link LocalFiles} lists.
 * @throws UnsafePathError where a path of a map leads out of the repository.
 */
export function openLocalFiles(source: LocalFiles): Repository {
  return new LocalRepository(toFolder(source));
}

function toFolder(source: LocalFiles): LocalFolder {
  if (source instanceof File) return BlobMapFolder.fromFiles([source]);
  if (source instanceof Map) {
    for (const path of source.keys()) checkRepositoryPath(path);
    return new BlobMapFolder("files in memory", new Map(source));
  }
  if ("kind" in source && source.kind === "directory") return new DirectoryHandleFolder(source);
  if ("items" in source && "dropEffect" in source) return readDrop(source);
  const files = Symbol.iterator in source ? [...(source as Iterable<File>)] : [];
  if (files.length > 0 && files.every((file) => file instanceof File)) return BlobMapFolder.fromFiles(files);
  throw new InvalidArgumentError({
    subject: "source of the repository",
    found: Symbol.iterator in source && files.length === 0 ? "an empty list of files" : describe(source),
    expected: "files, a folder handle, what was dropped, or a Map from path to Blob",
    remedy: "Pass one of these, the id of a model on the Hub, or a URL.",
  });
}

function describe(source: object): string {
  return `an object of the class ${source.constructor?.name ?? "Object"}`;
}
