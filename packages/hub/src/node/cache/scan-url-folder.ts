import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CachedIncompleteFile, CacheProblem } from "../../cache/cache-report.ts";
import { type CachedContent, findContent, totalSize } from "./cached-content.ts";
import { isIncomplete } from "./leftovers.ts";
import { readFolderDeep } from "./read-folder.ts";
import type { ScannedRepository } from "./scan-hub-folder.ts";

/** Reads one folder of `onestep/urls`; `undefined` where it does not say which address it belongs to. */
export async function scanUrlFolder(
  folder: string,
  problems: CacheProblem[],
): Promise<ScannedRepository | undefined> {
  const id = await readOrigin(folder);
  if (id === undefined) {
    problems.push({ path: folder, message: "does not say which address its files came from (origin.json)" });
    return undefined;
  }
  const contents: CachedContent[] = [];
  const incompleteFiles: CachedIncompleteFile[] = [];
  for (const entry of await readFolderDeep(join(folder, "files"))) {
    const content = entry.kind === "file" ? await findContent(entry) : undefined;
    if (content === undefined) problems.push({ path: entry.location, message: "is not a file" });
    else contents.push(content);
    if (content !== undefined && isIncomplete(entry.path)) {
      incompleteFiles.push({ path: entry.location, sizeOnDisk: content.size, processId: undefined });
      problems.push({ path: entry.location, message: "is what an interrupted download left" });
    }
  }
  const used = contents.map((content) => content.lastUsed);
  return {
    contents,
    repository: {
      kind: "web",
      id,
      folder,
      sizeOnDisk: totalSize(contents),
      fileCount: contents.length,
      lastUsed: used.length === 0 ? undefined : new Date(Math.max(...used)),
      revisions: [],
      incompleteFiles,
    },
  };
}

async function readOrigin(folder: string): Promise<string | undefined> {
  try {
    const origin: unknown = JSON.parse(await readFile(join(folder, "origin.json"), "utf8"));
    const url = typeof origin === "object" && origin !== null && "url" in origin ? origin.url : undefined;
    return typeof url === "string" ? url : undefined;
  } catch {
    return undefined;
  }
}
