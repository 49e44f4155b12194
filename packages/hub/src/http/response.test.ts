import { describe, expect, it } from "vitest";
import { readLink, readRetryAfter, readSize } from "./response.ts";

describe("readLink", () => {
  const header = '<https://a/?x=1,2;y>; rel="next", <https://b>; title="t"; rel=xet-auth, <c>; rel="x y"';

  it("finds the target of a relation", () => {
    expect(readLink(header, "next")).toBe("https://a/?x=1,2;y");
    expect(readLink(header, "xet-auth")).toBe("https://b");
    expect(readLink(header, "y")).toBe("c");
  });

  it("finds nothing where there is nothing", () => {
    expect(readLink(header, "prev")).toBeUndefined();
    expect(readLink(null, "next")).toBeUndefined();
    expect(readLink("nonsense <", "next")).toBeUndefined();
    expect(readLink("<a>", "next")).toBeUndefined();
  });
});

it("reads whole numbers of bytes and nothing else", () => {
  expect(readSize("0")).toBe(0);
  expect(readSize("1183595068")).toBe(1_183_595_068);
  for (const text of [null, "", "-1", "1.5", "1e3", "9".repeat(16), "12 "]) {
    expect(readSize(text)).toBeUndefined();
  }
});

const now = Date.parse("2026-01-01T00:00:00Z");

describe("readRetryAfter", () => {
  it.each([
    [{ "Retry-After": "30" }, 30],
    [{ "Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT" }, 60],
    [{ "Retry-After": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    [{ RateLimit: '"api";r=0;t=55' }, 55],
    [{ "Retry-After": "soon" }, undefined],
    [{}, undefined],
  ])("reads %j as %s s", (headers, seconds) => {
    expect(readRetryAfter(new Headers(headers as Record<string, string>), now)).toBe(seconds);
  });
});
