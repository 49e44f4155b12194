import { describe, expect, it } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

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
