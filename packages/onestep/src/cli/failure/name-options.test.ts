import { expect, it } from "vitest";
import { nameOptions, nameOptionsOf } from "./name-options.ts";

it.each([
  ["Pass `sampleSize`.", "Pass --sample-size."],
  ["Leave out `variant` (now `fp16`).", "Leave out --variant (now `fp16`)."],
  ["as `stateDictKey`", "as --state-dict-key"],
  ["Load it with `fromPretrained`, `git lfs pull`.", "Load it with `fromPretrained`, `git lfs pull`."],
])("%s becomes %s", (text, expected) => {
  expect(nameOptions(text)).toBe(expected);
});

it("names what a problem is about", () => {
  const problem = {
    subject: "attentionHeadDim",
    found: "0",
    expected: "more",
    remedy: "Pass `attentionHeadDim`.",
  };
  expect(nameOptionsOf(problem)).toMatchObject({
    subject: "--attention-head-dim",
    remedy: "Pass --attention-head-dim.",
  });
  expect(nameOptionsOf({ ...problem, subject: "unet of a" }).subject).toBe("unet of a");
});
