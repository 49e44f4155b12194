import { expect, it } from "vitest";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { requireDirectory } from "./require-directory.ts";

it.each(["my-model", ".", new URL("file:///models/a/")])("takes %s", (directory) => {
  expect(() => requireDirectory(directory)).not.toThrow();
});

it.each([
  ["", "directory: found an empty string, expected the path of a folder, or a file: URL."],
  [undefined, "directory: found undefined, expected"],
  [7, "directory: found 7, expected"],
])("refuses %j", (directory, message) => {
  const check = () => requireDirectory(directory as string);
  expect(check).toThrow(InvalidArgumentError);
  expect(check).toThrow(message);
});
