import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, printable } from "./text.ts";

describe("printable", () => {
  it("keeps what a person reads and drops what steers a terminal", () => {
    expect(printable("König 🙂\nnext")).toBe("König 🙂\nnext");
    expect(printable("\u001B[2Ja\rb\u0007c\u009Bd\u007F")).toBe("?[2Ja?b?c?d?");
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_660_508, "12.7 MB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [9_996, "10.0 kB"],
    [1_183_597_068, "1.18 GB"],
    [2.5e15, "2500 TB"],
  ])("%d bytes are %s", (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});

describe("formatDuration", () => {
  it.each([
    [0.4, "0 ms"],
    [999, "999 ms"],
    [999.6, "1.0 s"],
    [1234, "1.2 s"],
    [59_960, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [3_599_700, "1 h 00 min"],
    [7_500_000, "2 h 05 min"],
  ])("%d ms are %s", (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });
});
