import type { WeightsReader } from "../weights-file.ts";
import { PiecewiseBlob } from "./piecewise-blob.ts";
import type { RemoteFile } from "./web-load-request.ts";

interface ReadReply {
  readonly bytes: Uint8Array | undefined;
}

/**
 * Lends a file to a worker: answers, over a port, with the bytes it is asked for. Errors stay here, with the caller,
 * who knows their types; the worker only hears that there was one.
 *
 * @param onFailure Told what a read threw.
 */
export function lendFile(file: WeightsReader, onFailure: (error: unknown) => void): RemoteFile {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = async ({ data }: MessageEvent<readonly [start: number, end: number]>) => {
    try {
      const bytes = await file.read(...data);
      // What a reader gives may be a view of memory that it keeps.
      const owned = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
      port1.postMessage({ bytes: owned } satisfies ReadReply, [owned.buffer as ArrayBuffer]);
    } catch (error) {
      onFailure(error);
      port1.postMessage({ bytes: undefined } satisfies ReadReply);
    }
  };
  return { size: file.size, port: port2 };
}

/** A file that another thread lends, in the form in which the JSPI build of onnxruntime-web reads it. */
export function remoteBlob({ size, port }: RemoteFile): Blob {
  return new PiecewiseBlob(size, (start, end) => askFor(port, start, end));
}

/** One request at a time: onnxruntime reads one array after the other. */
function askFor(port: MessagePort, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }: MessageEvent<ReadReply>) => {
      if (data.bytes === undefined) reject(new Error("the file could not be read"));
      else resolve(data.bytes as Uint8Array<ArrayBuffer>);
    };
    port.postMessage([start, end]);
  });
}
