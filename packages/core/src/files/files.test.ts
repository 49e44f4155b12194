import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { joinPath, requireDirectory } from "./files.ts";

describe("joinPath", () => {
  it.each([
    ["folder", "folder/x/y.json"],
    ["folder/", "folder/x/y.json"],
    ["/", "/x/y.json"],
    ["/a/b//", "/a/b/x/y.json"],
    ["C:\\models\\", "C:\\models/x/y.json"],
    [".", "./x/y.json"],
  ])("joins a path: %s", (directory, expected) => {
    expect(joinPath(directory, "x/y.json")).toBe(expected);
  });

  it.each(["file:///a/b", "file:///a/b/"])("joins a URL: %s", (directory) => {
    expect(String(joinPath(new URL(directory), "x/y.json"))).toBe("file:///a/b/x/y.json");
  });

  it.each([
    ["file:///a/b", "x#1/y?.json", "file:///a/b/x%231/y%3F.json"],
    ["file:///a/b", "100%25/y", "file:///a/b/100%2525/y"],
    ["file:///a/b", "//host/y", "file:///a/b/host/y"],
    ["file:///a/b", "C:/y", "file:///a/b/C%3A/y"],
    ["https://host/a?token=1#top", "x/y.json", "https://host/a/x/y.json?token=1#top"],
    ["https://host", "https://other/y", "https://host/https%3A/other/y"],
    ["file:///a%23b/", "ü", "file:///a%23b/%C3%BC"],
  ])("joins a URL and a name with signs of URLs: %s and %s", (directory, name, expected) => {
    expect(String(joinPath(new URL(directory), name))).toBe(expected);
  });
});

describe("requireDirectory", () => {
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
});
