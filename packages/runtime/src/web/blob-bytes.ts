import { freeBuffer } from "@onestep/core";

interface SynchronousFileReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** Whether a Blob can be read without waiting: in workers, not in pages. */
export function canReadBlobs(): boolean {
  return "FileReaderSync" in globalThis;
}

/**
 * A Blob that onnxruntime-web takes for an array of bytes, of which it reads only the parts it asks for.
 *
 * The build of onnxruntime-web for browsers that cannot suspend WebAssembly wants weights as one `Uint8Array`, from
 * which it takes one array at a time with `subarray`. This one has no memory of its own and reads that part of the
 * Blob, which is good until the next is asked for: onnxruntime-web copies each into its memory at once. Any other way to
 * look at it throws, so that a version that works differently fails and computes nothing.
 */
export function blobBytes(blob: Blob): Uint8Array {
  const { FileReaderSync } = globalThis as unknown as { FileReaderSync: new () => SynchronousFileReader };
  const reader = new FileReaderSync();
  let bytes = new Uint8Array();
  const subarray = (begin: number, end: number): Uint8Array => {
    freeBuffer(bytes.buffer);
    bytes = new Uint8Array(reader.readAsArrayBuffer(blob.slice(begin, end)));
    if (bytes.length === end - begin) return bytes;
    throw new Error(`external data ended after ${bytes.length} of ${end - begin} bytes`);
  };
  return new Proxy(new Uint8Array(), {
    get(_target, property) {
      if (property === "byteLength") return blob.size;
      if (property === "subarray") return subarray;
      // Asked of everything that an asynchronous function returns.
      if (property === "then") return undefined;
      throw new Error(`external data is read in an unknown way: ${String(property)}`);
    },
  });
}
