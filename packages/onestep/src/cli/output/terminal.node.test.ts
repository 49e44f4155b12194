import { describe, expect, it } from "vitest";
import { canRedraw, colorHeadings, colorLabel, hasColor, terminalColumns } from "./terminal.ts";

const terminal = { isTTY: true, write() {} };
const pipe = { write() {} };

describe("hasColor", () => {
  it.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ NO_COLOR: "" }, true],
    [{ NO_COLOR: "0" }, false],
    [{ TERM: "dumb" }, false],
    [{ TERM: "dumb", FORCE_COLOR: "1" }, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "3" }, true],
    [{ FORCE_COLOR: "0" }, false],
    [{ FORCE_COLOR: "false" }, false],
  ])("is for terminals with %j: %s", (environment, expected) => {
    expect(hasColor(terminal, environment)).toBe(expected);
    expect(hasColor(pipe, environment)).toBe(expected && "FORCE_COLOR" in environment);
    expect(hasColor(terminal, environment, ["generate", "--no-color"])).toBe(false);
  });
});

describe("terminalColumns", () => {
  it.each([
    [{ ...terminal, columns: 40 }, 40],
    [{ ...terminal, columns: 300 }, 100],
    [{ ...terminal, columns: 0 }, 80],
    [terminal, 80],
    [{ ...pipe, columns: 40 }, 80],
  ])("of %j is %d", (stream, expected) => {
    expect(terminalColumns(stream)).toBe(expected);
  });
});

describe("canRedraw", () => {
  it("is for terminals with a cursor", () => {
    expect(canRedraw(terminal, { TERM: "xterm" })).toBe(true);
    expect(canRedraw(terminal, { TERM: "dumb" })).toBe(false);
    expect(canRedraw(pipe, {})).toBe(false);
  });
});

describe("colours", () => {
  it("are red for errors, yellow for warnings, and bold for headings", () => {
    expect(colorLabel("error:", true)).toBe("\u001B[1m\u001B[31merror:\u001B[39m\u001B[22m");
    expect(colorLabel("warning:", true)).toBe("\u001B[1m\u001B[33mwarning:\u001B[39m\u001B[22m");
    expect(colorLabel("error:", false)).toBe("error:");
    expect(colorHeadings("Usage: x\n\nOptions of all:\n  -a: b\n", true)).toBe(
      "\u001B[1mUsage:\u001B[22m x\n\n\u001B[1mOptions of all:\u001B[22m\n  -a: b\n",
    );
    expect(colorHeadings("Usage: x", false)).toBe("Usage: x");
  });
});
