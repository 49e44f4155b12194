import { describe, expect, it } from "vitest";
import { readVersion } from "./web-file.ts";

const date = "Thu, 01 Jan 2026 00:10:00 GMT";

describe("readVersion", () => {
  it.each([
    [{ ETag: '"abc"' }, '"abc"'],
    [{ ETag: '"abc"', "Last-Modified": date, Date: date }, '"abc"'],
    [{ ETag: 'W/"abc"' }, undefined],
    [{ ETag: "abc" }, undefined],
    [{ "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", Date: date }, "Thu, 01 Jan 2026 00:00:00 GMT"],
    [{ "Last-Modified": "Thu, 01 Jan 2026 00:09:30 GMT", Date: date }, undefined],
    [{ "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT" }, undefined],
    [{ "Last-Modified": "yesterday", Date: date }, undefined],
    [{}, undefined],
  ])("reads %j as %s", (headers, version) => {
    expect(readVersion(new Headers(headers as Record<string, string>))).toBe(version);
  });
});
