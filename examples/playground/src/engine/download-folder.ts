import type { ProgressListener } from "onestep";

/** Options of {@link downloadFolder}. */
export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/**
 * Fetches whole files from a folder next to the page, so that the service worker can keep them.
 *
 * @param folder - Its URL, with a trailing slash.
 * @returns The files by their path, as `fromPretrained` takes them.
 * @throws Error if the server does not have one of them.
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
  // If the response is compressed, Content-Length is not the number of bytes that arrive here.
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
