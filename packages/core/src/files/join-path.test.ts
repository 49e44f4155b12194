import { describe, expect, it } from "vitest";
import { joinPath } from "./join-path.ts";

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
});
