import type { WeightsReader } from "../weights-file.ts";
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

/** The most that is asked for at once: more would have to be held in memory, twice. */
const pieceBytes = 8 * 1024 * 1024;

/**
 * A file that another thread lends, in the form of a Blob. Only what the JSPI build of onnxruntime-web uses works:
 * `size`, and the stream of a slice.
 */
export class RemoteBlob extends Blob {
  readonly #file: RemoteFile;

  constructor(file: RemoteFile) {
    super();
    this.#file = file;
  }

  override get size(): number {
    return this.#file.size;
  }

  override slice(start = 0, end: number = this.size): Blob {
    return new RemoteSlice(this.#file, start, end);
  }
}

class RemoteSlice extends Blob {
  readonly #file: RemoteFile;
  readonly #start: number;
  readonly #end: number;

  constructor(file: RemoteFile, start: number, end: number) {
    super();
    this.#file = file;
    this.#start = start;
    this.#end = end;
  }

  override get size(): number {
    return this.#end - this.#start;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let position = this.#start;
    return new ReadableStream({
      pull: async (controller) => {
        const end = Math.min(position + pieceBytes, this.#end);
        if (position < end) controller.enqueue(await askFor(this.#file.port, position, end));
        position = end;
        if (position === this.#end) controller.close();
      },
    });
  }
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
