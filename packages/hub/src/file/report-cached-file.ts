import type { ReadOptions, RepositoryFile } from "../repository.ts";

/** Tells the listener that a file was at hand. */
export function reportCachedFile(file: RepositoryFile, options: ReadOptions): void {
  options.onProgress?.({ type: "file-start", file: file.path, totalBytes: file.size, cached: true });
  options.onProgress?.({ type: "file-end", file: file.path, totalBytes: file.size, cached: true });
}
