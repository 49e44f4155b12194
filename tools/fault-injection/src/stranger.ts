import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A host that has nothing to do with the Hub, and to which it should never have redirected. */
export interface Stranger {
  readonly url: string;
  /** The `Authorization` headers that it was sent. */
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts one. It serves `/content/<SHA-256>` of the contents given, sends `/loop` back to itself, and junk for all
 * else.
 */
export async function startStranger(contents: ReadonlyMap<string, Uint8Array>): Promise<Stranger> {
  const tokens: string[] = [];
  const server = createServer((message, response) => {
    const { authorization } = message.headers;
    if (authorization !== undefined) tokens.push(authorization);
    const path = message.url ?? "";
    if (path === "/loop") return void response.writeHead(302, { Location: "/loop" }).end();
    response.end(contents.get(path.replace("/content/", "")) ?? "junk");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
