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
import { expect, it } from "vitest";
import { exitCodeOfError } from "./exit-code-of-error.ts";

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

it.each(rows)("is $code for $name", ({ errorClass, code }) => {
  expect(exitCodeOfError(new errorClass("words"))).toBe(code);
});

it("is 6 for weights that do not fit, and 1 for what is no error of ours", () => {
  const mismatch = { missing: ["a"], unexpected: [], misshapen: [] };
  expect(exitCodeOfError(new WeightsMismatchError("weights", mismatch))).toBe(6);
  expect(exitCodeOfError(new TypeError("words"))).toBe(1);
  expect(exitCodeOfError("words")).toBe(1);
});
