import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import type { ConnectionError } from "../errors.ts";
import { toConnectionError, toTimeoutError } from "./connection-failure.ts";
import { sendRequest } from "./request.ts";
import { retryWhenCut } from "./retry.ts";

const url = new URL("http://localhost/");
const timeout = { seconds: 10, variable: "PATIENCE" };

function withCode(code: string): ConnectionError {
  return toConnectionError(
    url,
    new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) }),
  );
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe("retryWhenCut", () => {
  it.each(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])("asks three times in all after %s", async (code) => {
    let asked = 0;
    const error = withCode(code);
    const failure = await caught(
      retryWhenCut(() => {
        asked += 1;
        return Promise.reject(error);
      }),
    );
    expect(failure).toBe(error);
    expect(asked).toBe(3);
  });

  it.each([
    ["a refused connection", withCode("ECONNREFUSED")],
    ["silence", toTimeoutError(url, 1, "PATIENCE")],
    ["something else", new Error("ECONNRESET")],
  ])("asks once where the answer is %s", async (_what, error) => {
    let asked = 0;
    const work = () => {
      asked += 1;
      return Promise.reject(error);
    };
    expect(await caught(retryWhenCut(work))).toBe(error);
    expect(asked).toBe(1);
  });

  it("gets the answer of a server that cut one connection", async () => {
    let asked = 0;
    server = createServer((message, response) => {
      asked += 1;
      if (asked === 2) message.socket.destroy();
      else response.end("1");
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const request = {
      url: new URL(`http://127.0.0.1:${port}/`),
      fetch,
      timeout,
      redirects: "here",
    } as const;
    const ask = async () => (await sendRequest(request)).json(timeout);
    expect(await ask()).toBe(1);
    expect(await retryWhenCut(ask)).toBe(1);
    expect(asked).toBe(3);
  });
});
