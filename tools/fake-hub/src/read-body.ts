import type { IncomingMessage } from "node:http";
import type { FakeFault } from "./fake-fault.ts";

/** The body of a request; `undefined` where a fault befalls it on its way, after which there is nothing to answer. */
export async function readBody(
  message: IncomingMessage,
  fault: FakeFault | undefined,
): Promise<Uint8Array | undefined> {
  const cut = fault?.dropAfterReceivedBytes ?? Number.POSITIVE_INFINITY;
  const stall = fault?.stallAfterReceivedBytes ?? Number.POSITIVE_INFINITY;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > cut) message.socket.destroy();
      if (size > stall) message.pause();
      if (size > Math.min(cut, stall)) return undefined;
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
