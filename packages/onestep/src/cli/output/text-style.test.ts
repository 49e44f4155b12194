import { expect, it } from "vitest";
import { alarm, usesColor } from "./text-style.ts";

const terminal = { isTTY: true, write() {} };

it("colours terminals only, and none where NO_COLOR is set", () => {
  expect(usesColor(terminal, {})).toBe(true);
  expect(usesColor(terminal, { NO_COLOR: "" })).toBe(true);
  expect(usesColor(terminal, { NO_COLOR: "0" })).toBe(false);
  expect(usesColor(terminal, { TERM: "dumb" })).toBe(false);
  expect(usesColor({ write() {} }, {})).toBe(false);
});

it("colours an alarm red", () => {
  expect(alarm("error:", true)).toBe("\u001B[1;31merror:\u001B[0m");
  expect(alarm("error:", false)).toBe("error:");
});
