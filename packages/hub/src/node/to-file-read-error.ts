import { OnestepError } from "@onestep/core";
import { FileReadError } from "../errors/file-read-error.ts";
import { describeSystemError } from "./system-error.ts";

/** Makes what reading a file threw into a typed error. What is typed already passes as it is. */
export function toFileReadError(path: string, error: unknown): Error {
  if (OnestepError.isInstance(error)) return error;
  return new FileReadError(
    {
      subject: path,
      found: describeSystemError(error),
      expected: "a file that can be read",
      remedy: "Check that the file is still there and that this user may read it.",
    },
    { cause: error },
  );
}
