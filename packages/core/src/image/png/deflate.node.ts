import { promisify } from "node:util";
import { deflate as deflateInPool, deflateSync } from "node:zlib";

const deflateAsync = promisify(deflateInPool);

/** Handing fewer bytes to a thread, or to a stream, costs more than compressing them. */
const smallBytes = 2 ** 15;

/** Compresses the concatenation of pieces in the zlib format. */
export async function deflate(pieces: Iterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const bytes = Buffer.concat([...pieces]);
  return [bytes.length <= smallBytes ? deflateSync(bytes) : await deflateAsync(bytes)];
}
