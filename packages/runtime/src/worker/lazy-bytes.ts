import { freeBuffer } from "@onestep/core";

/**
 * A file that onnxruntime-web takes for an array of bytes, of which it reads only the parts it asks for.
 *
 * The builds of onnxruntime-web that cannot suspend WebAssembly want weights as one `Uint8Array`, from which they take
 * one array at a time with `subarray`. This one has no memory of its own and reads that part of the file, which is good
 * until the next is asked for: onnxruntime-web copies each into its memory at once. Any other way to look at it throws, so
 * that a version that works differently fails and computes nothing.
 *
 * @param size Length of the file in bytes.
 * @param read Reads bytes `begin` to `end` (exclusive), into memory that is nobody else's.
 */
export function lazyBytes(
  size: number,
  read: (begin: number, end: number) => Uint8Array<ArrayBuffer>,
): Uint8Array {
  let bytes = new Uint8Array();
  const subarray = (begin: number, end: number): Uint8Array => {
    freeBuffer(bytes.buffer);
    bytes = read(begin, end);
    if (bytes.length === end - begin) return bytes;
    throw new Error(`external data ended after ${bytes.length} of ${end - begin} bytes`);
  };
  return new Proxy(new Uint8Array(), {
    get(_target, property) {
      if (property === "byteLength") return size;
      if (property === "subarray") return subarray;
      // Asked of everything that an asynchronous function returns.
      if (property === "then") return undefined;
      throw new Error(`external data is read in an unknown way: ${String(property)}`);
    },
  });
}
