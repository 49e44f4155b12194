import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { describeFailure } from "./describe-failure.ts";
import { inFlags, replaceOptions } from "./in-flags.ts";

async function told(subject: string, remedy: string, expected = "something else"): Promise<string> {
  const error = new InvalidArgumentError({ subject, found: "7", expected, remedy });
  return (await describeFailure(error)).message;
}

it.each([
  [
    "strength",
    "Raise `strength` or `numInferenceSteps`.",
    "--strength: found 7, expected something else. Raise --strength or --steps.",
  ],
  [
    "UniPCMultistepScheduler.setTimesteps: numInferenceSteps",
    "Pass `numInferenceSteps`.",
    "--steps (UniPCMultistepScheduler): found 7, expected something else. Pass --steps.",
  ],
  [
    "classLabels",
    "Leave `classLabels` out.",
    "--class-label: found 7, expected something else. Leave --class-label out.",
  ],
  [
    "batchSize",
    "Leave out `batchSize`.",
    "--batch-size: found 7, expected something else. Leave out --batch-size.",
  ],
])("names flags in place of options: %s", async (subject, remedy, message) => {
  expect(await told(subject, remedy)).toBe(message);
});

it.each([
  [
    "outputType",
    'Pass `outputType: "tensor"`, and get the numbers.',
    "The command line writes pictures alone",
  ],
  [
    "a file",
    "Load one of these from the same file with its `fromPretrained`, and pass it as `scheduler`.",
    "Name one of these with --scheduler",
  ],
  [
    "scheduler",
    "Set `pipe.scheduler = X.fromConfig(pipe.scheduler.config)`.",
    "Name a consistency model with --model.",
  ],
])("has remedies of its own: %s", async (subject, remedy, message) => {
  expect(await told(subject, remedy)).toContain(message);
});

it("leaves other subjects and words alone", async () => {
  const message = await told("image 0", "Convert `it` first.", "`batchSize` images");
  expect(message).toBe("image 0: found 7, expected --batch-size images. Convert `it` first.");
});

it("is what the document says too", async () => {
  const error = new InvalidArgumentError({
    subject: "sigma",
    found: "0",
    expected: "more",
    remedy: "Raise `sigma`.",
  });
  const { problem } = await describeFailure(error);
  expect(problem).toEqual({ subject: "--sigma", found: "0", expected: "more", remedy: "Raise --sigma." });
});

it.each([
  ["Pass `sampleSize`.", "Pass --sample-size."],
  ["Leave out `variant` (now `fp16`).", "Leave out --variant (now `fp16`)."],
  ["as `stateDictKey`", "as --state-dict-key"],
  ["Load it with `fromPretrained`, `git lfs pull`.", "Load it with `fromPretrained`, `git lfs pull`."],
])("%s becomes %s", (text, expected) => {
  expect(replaceOptions(text)).toBe(expected);
});

it("names what a problem is about", () => {
  const problem = {
    subject: "attentionHeadDim",
    found: "0",
    expected: "more",
    remedy: "Pass `attentionHeadDim`.",
  };
  expect(inFlags(problem)).toMatchObject({
    subject: "--attention-head-dim",
    remedy: "Pass --attention-head-dim.",
  });
  expect(inFlags({ ...problem, subject: "unet of a" }).subject).toBe("unet of a");
});
