import { describe, expect, it } from "vitest";
import { toConnectionError, toTimeoutError } from "./connection-failure.ts";

const url = new URL("https://host.example/path?signature=secret");

function withCode(code: string): Error {
  return Object.assign(new Error("low"), { code });
}

describe("toConnectionError", () => {
  it.each([
    [
      new TypeError("fetch failed", { cause: withCode("ECONNREFUSED") }),
      "a refused connection (ECONNREFUSED)",
    ],
    [new TypeError("fetch failed", { cause: withCode("ENOTFOUND") }), "an unknown host name (ENOTFOUND)"],
    [new TypeError("fetch failed", { cause: withCode("CERT_HAS_EXPIRED") }), "expired (CERT_HAS_EXPIRED)"],
    [
      new TypeError("x", { cause: new AggregateError([withCode("ENETUNREACH")]) }),
      "no network (ENETUNREACH)",
    ],
    [new TypeError("x", { cause: withCode("ENEW") }), "found ENEW,"],
    [new TypeError("terminated"), "found terminated,"],
    ["odd", "found odd,"],
  ])("tells what went wrong and keeps the cause", (cause, message) => {
    const error = toConnectionError(url, cause);
    expect(error.code).toBe("connection");
    expect(error.message).toContain(message);
    expect(error.message).toContain("https://host.example/path: ");
    expect(error.message).not.toContain("secret");
    expect(error.cause).toBe(cause);
  });

  it.each([
    ["soon", "ECONNRESET"],
    ["soon", "UND_ERR_SOCKET"],
    ["perhaps", undefined],
    ["never", "EPROTO"],
    ["never", "ERR_SSL_WRONG_VERSION_NUMBER"],
    ["never", "HPE_INVALID_CONSTANT"],
    ["soon", "HPE_INVALID_EOF_STATE"],
    ["never", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
    ["perhaps", "ECONNREFUSED"],
    ["perhaps", "ENOTFOUND"],
    ["perhaps", "EAI_AGAIN"],
    ["never", "CERT_HAS_EXPIRED"],
    ["never", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["never", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["never", "ERR_INVALID_URL"],
  ])("says that a second try helps %s with %s", (retry, code) => {
    const cause = code === undefined ? undefined : withCode(code);
    expect(toConnectionError(url, new TypeError("fetch failed", { cause })).retry).toBe(retry);
  });

  it("does not try again what is no failure of the network", () => {
    expect(toConnectionError(url, new Error("a mistake in the fetch that was passed")).retry).toBe("never");
    expect(toConnectionError(url, "odd", { retry: "soon" }).retry).toBe("soon");
  });

  it("tries again soon where an answer had begun, and never where the platform refuses the address", () => {
    const cut = new TypeError("network error");
    expect(toConnectionError(url, cut, { hasBegun: true }).retry).toBe("soon");
    const refused = new TypeError("fetch failed", { cause: new Error("bad port") });
    expect(toConnectionError(url, refused)).toMatchObject({ retry: "never", problem: { found: "bad port" } });
  });

  it.each([
    ["Proxy response (407) !== 200 when HTTP Tunneling", "never", "asks for a user name and a password"],
    ["Proxy response (403) !== 200 when HTTP Tunneling", "never", "did not make the connection (HTTP 403)"],
    ["Proxy response (502) !== 200 when HTTP Tunneling", "soon", "did not make the connection (HTTP 502)"],
  ])("tells what a proxy answered: %s", (message, retry, found) => {
    const low = Object.assign(new Error(message), { code: "UND_ERR_ABORTED" });
    // As Node 24 wraps it.
    const cause = Object.assign(new Error("Request was cancelled."), { code: 0, cause: low });
    const error = toConnectionError(url, new TypeError("fetch failed", { cause }));
    expect(error.retry).toBe(retry);
    expect(error.message).toContain(found);
  });

  it("ends on causes in a circle", () => {
    const error = new Error("round");
    error.cause = error;
    expect(toConnectionError(url, error).message).toContain("found round");
  });
});

it("toTimeoutError names the variable to set", () => {
  expect(toTimeoutError(url, 10, "HF_HUB_ETAG_TIMEOUT").message).toMatch(
    /no data for 10 s.*Set HF_HUB_ETAG_TIMEOUT to wait for longer\./,
  );
});
