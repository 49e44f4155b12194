import { createAdaptorServer } from "@hono/node-server";
import { InvalidArgumentError } from "@onestep/core";
import { errorCode } from "@onestep/core/internal";

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** 127.0.0.1 by default: this machine alone. */
  readonly host?: string | undefined;
  /** 8000 by default; 0 for any that is free. */
  readonly port?: number | undefined;
  /** How long a client may take to send its headers, in seconds; 20 by default. */
  readonly headersTimeout?: number | undefined;
  /** How long a client may take to send its request, in seconds; 120 by default. */
  readonly requestTimeout?: number | undefined;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:8000` */
  readonly url: string;
  /**
   * Stops listening, and waits for the requests that are being answered.
   *
   * @param seconds - After which connections are cut.
   */
  close(seconds: number): Promise<void>;
}

/** Limits against clients that send slowly, and sockets that stay open. */
const connectionLimits = {
  keepAliveTimeout: 5000,
  maxHeaderSize: 16_384,
} as const;

/** So many may also wait to be accepted: one that finds no place tries again after a second, and then after three. */
const maximumConnections = 2000;
const maximumHeaders = 100;

/**
 * Serves a handler over HTTP/1.1 in Node.
 *
 * @throws InvalidArgumentError if the address is in use, or may not be used.
 *
 * @example
 * const handler = createHandler({ models: { emoji32: {} } });
 * await handler.prepare();
 * const server = await startServer(handler, { port: 8000 });
 */
export async function startServer(
  handler: (request: Request) => Promise<Response>,
  { host = "127.0.0.1", port = 8000, headersTimeout = 20, requestTimeout = 120 }: ServerOptions = {},
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: handler,
    // The host's own Request and Response stay as they are.
    overrideGlobalObjects: false,
    serverOptions: {
      ...connectionLimits,
      headersTimeout: headersTimeout * 1000,
      requestTimeout: requestTimeout * 1000,
      connectionsCheckingInterval: Math.min(5000, headersTimeout * 250),
    },
  });
  server.maxConnections = maximumConnections;
  if ("maxHeadersCount" in server) server.maxHeadersCount = maximumHeaders;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(error, host, port)));
    server.listen({ port, host, backlog: maximumConnections }, resolve);
  });
  const address = server.address();
  const used = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${used}`,
    close: (seconds) =>
      new Promise((resolve) => {
        const isHttp1 = "closeIdleConnections" in server;
        const idle = setInterval(() => isHttp1 && server.closeIdleConnections(), 100);
        const cut = setTimeout(() => isHttp1 && server.closeAllConnections(), seconds * 1000);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(cut);
          resolve();
        });
        if (isHttp1) server.closeIdleConnections();
      }),
  };
}

const reasons: Readonly<Record<string, readonly [found: string, remedy: string]>> = {
  EADDRINUSE: ["an address that another program listens on", "Choose another port, or end that program."],
  EACCES: ["an address that this user may not listen on", "Choose a port above 1023."],
  EADDRNOTAVAIL: [
    "an address that this machine does not have",
    "Choose 127.0.0.1, 0.0.0.0 or an address of this machine.",
  ],
  ENOTFOUND: ["a host that cannot be found", "Choose 127.0.0.1, 0.0.0.0 or an address of this machine."],
};

function cannotListen(cause: Error, host: string, port: number): Error {
  const reason = reasons[errorCode(cause) ?? ""];
  if (reason === undefined) return cause;
  const [found, remedy] = reason;
  return new InvalidArgumentError(
    { subject: `${host}:${port}`, found, expected: "a free address", remedy },
    { cause },
  );
}
