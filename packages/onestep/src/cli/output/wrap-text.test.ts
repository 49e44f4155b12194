import { expect, it } from "vitest";
import { wrapText } from "./wrap-text.ts";

it("breaks between words and leaves long words whole", () => {
  expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrapText("a https://long.example/path b", 8)).toEqual(["a", "https://long.example/path", "b"]);
  expect(wrapText("", 8)).toEqual([""]);
});
