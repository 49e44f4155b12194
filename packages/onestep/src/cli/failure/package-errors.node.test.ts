import {
  DisposedError,
  FileWriteError,
  ImageError,
  InvalidArgumentError,
  InvalidConfigError,
  OnestepError,
  UnsupportedError,
} from "@onestep/core";
import { GraphError } from "@onestep/graph";
import {
  CacheWriteError,
  ConnectionError,
  EntryNotFoundError,
  FileReadError,
  GatedRepositoryError,
  HubError,
  IntegrityError,
  InvalidTokenError,
  OfflineError,
  RepositoryNotFoundError,
  RevisionNotFoundError,
  UnsafePathError,
} from "@onestep/hub";
import { CheckpointError, WeightsMismatchError } from "@onestep/models";
import { OutOfMemoryError, WeightsFileError } from "@onestep/runtime";
import { SchedulerConfigNotFoundError } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import { describeFailure } from "./failure.ts";
import { exitCodeOfError } from "./package-errors.ts";
import { inFlags, replaceOptions } from "./terminal-words.ts";

const errorClasses = {
  3: [InvalidArgumentError, UnsafePathError, ImageError],
  4: [
    RepositoryNotFoundError,
    RevisionNotFoundError,
    EntryNotFoundError,
    GatedRepositoryError,
    InvalidTokenError,
    SchedulerConfigNotFoundError,
  ],
  5: [ConnectionError, OfflineError, HubError],
  6: [
    IntegrityError,
    FileReadError,
    InvalidConfigError,
    UnsupportedError,
    CheckpointError,
    GraphError,
    WeightsFileError,
  ],
  7: [CacheWriteError, FileWriteError],
  1: [DisposedError, OutOfMemoryError, OnestepError],
};

const rows = Object.entries(errorClasses).flatMap(([code, classes]) =>
  classes.map((errorClass) => ({ name: errorClass.name, errorClass, code: Number(code) })),
);

describe("exitCodeOfError", () => {
  it.each(rows)("is $code for $name", ({ errorClass, code }) => {
    expect(exitCodeOfError(new errorClass("words"))).toBe(code);
  });

  it("is 6 for weights that do not fit, and 1 for what is no error of ours", () => {
    const mismatch = { missing: ["a"], unexpected: [], misshapen: [] };
    expect(exitCodeOfError(new WeightsMismatchError("weights", mismatch))).toBe(6);
    expect(exitCodeOfError(new TypeError("words"))).toBe(1);
    expect(exitCodeOfError("words")).toBe(1);
  });
});

async function told(subject: string, remedy: string, expected = "something else"): Promise<string> {
  const error = new InvalidArgumentError({ subject, found: "7", expected, remedy });
  return (await describeFailure(error)).message;
}

describe("describeFailure of an error of a package", () => {
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
});

describe("replaceOptions", () => {
  it.each([
    ["Pass `sampleSize`.", "Pass --sample-size."],
    ["Leave out `variant` (now `fp16`).", "Leave out --variant (now `fp16`)."],
    ["as `stateDictKey`", "as --state-dict-key"],
    ["Load it with `fromPretrained`, `git lfs pull`.", "Load it with `fromPretrained`, `git lfs pull`."],
  ])("%s becomes %s", (text, expected) => {
    expect(replaceOptions(text)).toBe(expected);
  });
});

describe("inFlags", () => {
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
});
