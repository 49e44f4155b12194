import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError, isUrl } from "@onestep/core";
import { RepositoryNotFoundError } from "../errors/repository-not-found-error.ts";
import type { Repository } from "../repository.ts";
import { fileInPlaceOfFolder } from "../source/weights-file-name.ts";
import { FolderRepository } from "./folder-repository.ts";
import { isNotThere } from "./system-error.ts";
import { toFileReadError } from "./to-file-read-error.ts";

/**
 * Opens a folder as a repository.
 *
 * @throws InvalidArgumentError where it is a file.
 * @throws RepositoryNotFoundError where there is nothing.
 */
export async function openFolder(folder: string | URL): Promise<Repository> {
  const path = resolve(isUrl(folder) ? toPath(folder) : folder);
  const kind = await entryKind(path);
  if (kind === "a folder") return new FolderRepository(path, String(folder));
  if (kind === "a file") throw fileInPlaceOfFolder(String(folder), "a file");
  throw new RepositoryNotFoundError({
    subject: String(folder),
    found: kind,
    expected: "a folder with the files of a model",
    remedy: "Check the path.",
  });
}

function toPath(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InvalidArgumentError(
      {
        subject: "source of the repository",
        found: url.href,
        expected: "a file: URL of a folder on this machine",
        remedy: "Write it as file:///folder/of/the/model.",
      },
      { cause },
    );
  }
}

/** What is at a path. */
export async function entryKind(path: string): Promise<"a folder" | "a file" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "a folder" : "a file";
  } catch (error) {
    if (isNotThere(error)) return "nothing";
    throw toFileReadError(path, error);
  }
}
