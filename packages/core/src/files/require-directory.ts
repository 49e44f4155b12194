import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { isUrl } from "../realm.ts";

/** Refuses what names no folder. @throws InvalidArgumentError */
export function requireDirectory(directory: string | URL): void {
  if (isUrl(directory) || (typeof directory === "string" && directory !== "")) return;
  throw new InvalidArgumentError({
    subject: "directory",
    found: directory === "" ? "an empty string" : describeValue(directory),
    expected: "the path of a folder, or a file: URL",
    remedy: 'Pass "." for the current folder.',
  });
}
