import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { tlsCertificate } from "../__fixtures__/tls-certificate.ts";
import { ConnectionError } from "../errors.ts";
import { openRepository } from "../open-repository.ts";
import { connectionRemedy } from "./connection-failure.ts";

const makeFolder = temporaryFolders();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Listens, and counts connections. */
async function listen(server: Server) {
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

/** What opening a model of an endpoint, and of a folder on a web server, fails with. */
async function failures(url: string): Promise<readonly ConnectionError[]> {
  // What is tried again waits for so long that the test would time out.
  const options = {
    cacheDir: await makeFolder(),
    environment: {},
    retry: { baseWaitTime: 600, maxWaitTime: 600 },
  };
  const ofHub = await caught(openRepository("a/b", { ...options, endpoint: url }));
  const ofFolder = await caught(openRepository(`${url}/m`, options).then((folder) => folder.get("a.json")));
  return [ofHub, ofFolder].map((error) => {
    if (ConnectionError.isInstance(error)) return error;
    throw error;
  });
}

describe("a server that is not the one that was meant is told at once", () => {
  it("speaks TLS where http: is written", async () => {
    const { host } = await listen(createTlsServer(tlsCertificate, (_request, response) => response.end()));
    for (const error of await failures(`http://${host}`)) {
      expect(error.message).toContain("found a server that speaks TLS at this port");
      expect(error.message).toContain(`Write https://${host} in the address`);
    }
  });

  it("shows a certificate of an authority that Node does not know", async () => {
    const { connections, host } = await listen(
      createTlsServer(tlsCertificate, (_request, response) => response.end()),
    );
    for (const error of await failures(`https://${host}`)) {
      expect(error.message).toContain("NODE_EXTRA_CA_CERTS");
    }
    expect(connections()).toBe(2);
  });

  it("speaks plain HTTP where https: is written", async () => {
    const { host } = await listen(createHttpServer((_request, response) => response.end()));
    for (const error of await failures(`https://${host}`)) {
      expect(error.message).toContain("found a response that is not TLS");
      expect(error.message).toContain(`try http://${host} in the address`);
    }
  });

  it.each([
    ["SSH", "SSH-2.0-OpenSSH_9.9\r\n"],
    ["mail", "220 mail.example ESMTP\r\n"],
    ["a database", "-ERR unknown command\r\n"],
  ])("is of another kind: %s", async (_what, greeting) => {
    const { host } = await listen(createTcpServer((socket) => void socket.end(greeting)));
    for (const error of await failures(`http://${host}`)) {
      expect(error.message).toContain("found a response that is not HTTP");
      expect(error.message).toContain("Another kind of server responds there");
    }
  });

  it("is a proxy that asks for a password", async () => {
    const { host } = await listen(
      createHttpServer((_request, response) =>
        response.writeHead(407, { "Proxy-Authenticate": "Basic" }).end(),
      ),
    );
    for (const error of await failures(`http://${host}`)) {
      expect(error.message).toContain("found a proxy that asks for a user name and a password (HTTP 407)");
      expect(error.message).toContain("HTTPS_PROXY=http://user:password@host:port");
    }
  });
});

it("a server that cuts plain connections is asked again as before", async () => {
  const { connections, host } = await listen(createTcpServer((socket) => socket.destroy()));
  const retry = { maxRetries: 3, baseWaitTime: 0.001, maxWaitTime: 0.001 };
  const options = { cacheDir: await makeFolder(), environment: {}, retry, endpoint: `http://${host}` };
  expect(await caught(openRepository("a/b", options))).toMatchObject({ code: "connection", retry: "soon" });
  // Four requests, and after each one whether it speaks TLS.
  expect(connections()).toBe(8);
});

describe("a proxy of the environment", () => {
  const failure = { url: new URL("https://hub.test/a"), code: "ENOTFOUND", isOwnFetch: true };
  const unset = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
  ];
  const set = (variables: Readonly<Record<string, string>>): void => {
    for (const name of [...unset, "NODE_USE_ENV_PROXY", "NODE_OPTIONS"]) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  };

  it.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])("is told to be out of use: %s", (name) => {
    set({ [name]: "http://user:secret@proxy:3128" });
    const remedy = connectionRemedy(failure);
    expect(remedy).toContain(`${name} is set, and Node's fetch takes no notice of it`);
    expect(remedy).toContain("NODE_USE_ENV_PROXY=1");
    expect(remedy).not.toContain("secret");
  });

  it.each([
    ["is for another scheme", { HTTP_PROXY: "http://proxy" }, failure],
    ["excepts the host", { HTTPS_PROXY: "http://proxy", NO_PROXY: "other, hub.test" }, failure],
    ["excepts the domain", { HTTPS_PROXY: "http://proxy", NO_PROXY: ".test" }, failure],
    ["excepts everything", { HTTPS_PROXY: "http://proxy", no_proxy: "*" }, failure],
    [
      "does not concern a fetch that was passed",
      { HTTPS_PROXY: "http://proxy" },
      { ...failure, isOwnFetch: false },
    ],
    [
      "does not concern a certificate",
      { HTTPS_PROXY: "http://proxy" },
      { ...failure, code: "CERT_HAS_EXPIRED" },
    ],
    ["is not there", {}, failure],
  ] as const)("is not spoken of where it %s", (_what, variables, given) => {
    set(variables);
    expect(connectionRemedy(given)).not.toContain("takes no notice");
  });
});
