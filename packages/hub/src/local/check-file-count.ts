import { InvalidArgumentError } from "@onestep/core";

/** A model has a few dozen. */
const maximumFiles = 10_000;

/** Checks that a folder is not somebody's whole disk. @throws InvalidArgumentError where it holds too many files. */
export function checkFileCount(name: string, count: number): void {
  if (count <= maximumFiles) return;
  throw new InvalidArgumentError({
    subject: `folder ${name}`,
    found: `more than ${maximumFiles} files`,
    expected: "the folder of one model",
    remedy: "Choose the folder that holds model_index.json or config.json.",
  });
}
