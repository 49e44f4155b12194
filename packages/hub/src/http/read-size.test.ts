import { expect, it } from "vitest";
import { readSize } from "./read-size.ts";

it("reads whole numbers of bytes and nothing else", () => {
  expect(readSize("0")).toBe(0);
  expect(readSize("1183595068")).toBe(1_183_595_068);
  for (const text of [null, "", "-1", "1.5", "1e3", "9".repeat(16), "12 "]) {
    expect(readSize(text)).toBeUndefined();
  }
});
