import type { OnnxruntimeBuild } from "../inference-session.ts";
import { lazyBytes } from "../worker/lazy-bytes.ts";
import { remoteBlob } from "./file-port.ts";
import { readByPieces } from "./piecewise-blob.ts";
import type { RemoteFile, WebLoadRequest } from "./web-load-request.ts";

/** A file of weights as onnxruntime-web takes it. */
export interface ExternalData {
  readonly path: string;
  readonly data: Blob | Uint8Array;
}

/**
 * The files in the form from which a build of onnxruntime-web reads one array at a time. Where it cannot wait for a
 * file that the page lends, the file is fetched first, into a Blob, which browsers keep outside of JavaScript's memory,
 * and on disk where it is large.
 */
export function provideWeights(
  files: WebLoadRequest["files"],
  build: OnnxruntimeBuild,
): Promise<readonly ExternalData[]> {
  return Promise.all([...files].map(async ([path, file]) => ({ path, data: await provide(file, build) })));
}

async function provide(file: Blob | RemoteFile, build: OnnxruntimeBuild): Promise<Blob | Uint8Array> {
  if (build === "jspi") return file instanceof Blob ? readByPieces(file) : remoteBlob(file);
  const blob = file instanceof Blob ? file : await fetchWhole(file);
  return canReadBlobs() ? blobBytes(blob) : new Uint8Array(await blob.arrayBuffer());
}

interface SynchronousFileReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** Whether a Blob can be read without waiting: in workers, not in pages. */
function canReadBlobs(): boolean {
  return "FileReaderSync" in globalThis;
}

function blobBytes(blob: Blob): Uint8Array {
  const { FileReaderSync } = globalThis as unknown as { FileReaderSync: new () => SynchronousFileReader };
  const reader = new FileReaderSync();
  return lazyBytes(
    blob.size,
    (begin, end) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(begin, end))),
  );
}

async function fetchWhole(file: RemoteFile): Promise<Blob> {
  const reader = remoteBlob(file).stream().getReader();
  const pieces: Blob[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    pieces.push(new Blob([value]));
  }
}
