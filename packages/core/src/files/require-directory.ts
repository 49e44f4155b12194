import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";

/** Refuses what names no folder. @throws InvalidArgumentError */
export function requireDirectory(directory: string | URL): void {
  if (directory instanceof URL || (typeof directory === "string" && directory !== "")) return;
  throw new InvalidArgumentError({
    subject: "directory",
    found: directory === "" ? "an empty string" : describeValue(directory),
    expected: "the path of a folder, or a file: URL",
    remedy: 'Pass "." for the current folder.',
  });
}
