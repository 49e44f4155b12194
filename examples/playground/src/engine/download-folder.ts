import type { ProgressListener } from "onestep";

/** What a download needs. */
export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/**
 * Fetches files of a folder beside the page, whole, so that the service worker can keep them.
 *
 * @param folder - Its URL, with a slash at the end.
 * @returns The files by their path, as `fromPretrained` takes them.
 * @throws Error where the server does not have one.
 */
export async function downloadFolder(
  folder: string,
  paths: readonly string[],
  options: DownloadOptions,
): Promise<ReadonlyMap<string, Blob>> {
  const files = await Promise.all(paths.map((path) => downloadFile(folder, path, options)));
  return new Map(paths.map((path, index) => [path, files[index] as Blob]));
}

async function downloadFile(
  folder: string,
  file: string,
  { signal, onProgress }: DownloadOptions,
): Promise<Blob> {
  const response = await fetch(new URL(file, folder), { signal });
  if (!response.ok || response.body === null) {
    throw new Error(
      `${file}: found HTTP ${response.status}, expected the file. Reload the page, with a network.`,
    );
  }
  // Where the server compresses, it is not the length of what arrives here.
  const isPlain = response.headers.get("Content-Encoding") === null;
  const length = Number(response.headers.get("Content-Length"));
  const total = isPlain && length > 0 ? { totalBytes: length } : {};
  onProgress({ type: "file-start", file, cached: false, ...total });
  let loadedBytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        loadedBytes += chunk.length;
        onProgress({ type: "file-progress", file, loadedBytes, ...total });
        controller.enqueue(chunk);
      },
    }),
  );
  const blob = await new Response(counted).blob();
  onProgress({ type: "file-end", file, totalBytes: blob.size, cached: false });
  return blob;
}
