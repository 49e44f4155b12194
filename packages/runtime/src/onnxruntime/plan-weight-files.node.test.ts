import { posix } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planWeightFiles } from "./plan-weight-files.ts";

describe("planWeightFiles", () => {
  it("takes the folder of a single file", () => {
    const plan = planWeightFiles(["/models/unet/a.safetensors"]);
    expect(plan.folder).toBe("/models/unet");
    expect([...plan.locations]).toEqual([["/models/unet/a.safetensors", "a.safetensors"]]);
  });

  it("takes the one folder of several files", () => {
    const plan = planWeightFiles(["/cache/blobs/01", "/cache/blobs/02", "/cache/blobs/01"]);
    expect(plan.folder).toBe("/cache/blobs");
    expect([...plan.locations.values()]).toEqual(["01", "02"]);
  });

  it("takes the deepest folder that holds all files where they lie apart", () => {
    const plan = planWeightFiles(["/a/b/c/1", "/a/b/2", "/a/b/cc/1"]);
    expect(plan.folder).toBe("/a/b");
    expect([...plan.locations.values()]).toEqual(["c/1", "2", "cc/1"]);
  });

  it("does not take a file for a folder", () => {
    const plan = planWeightFiles(["/a/b", "/a/b/c"]);
    expect(plan.folder).toBe("/a");
    expect([...plan.locations.values()]).toEqual(["b", "b/c"]);
  });

  it("takes the root where nothing else is shared", () => {
    const plan = planWeightFiles(["/a/1", "/b/1"]);
    expect(plan.folder).toBe("/");
    expect([...plan.locations.values()]).toEqual(["a/1", "b/1"]);
  });

  it("has no folder without files", () => {
    expect(planWeightFiles([])).toEqual({ folder: undefined, locations: new Map() });
  });

  it("reads Windows paths, with a drive or a share", () => {
    const drive = planWeightFiles(["C:\\models\\unet\\1.bin", "C:\\models\\2.bin"]);
    expect(drive.folder).toBe("C:\\models");
    expect([...drive.locations.values()]).toEqual(["unet/1.bin", "2.bin"]);
    const share = planWeightFiles(["\\\\server\\share\\a\\1.bin"]);
    expect(share.folder).toBe("\\\\server\\share\\a");
    expect([...share.locations.values()]).toEqual(["1.bin"]);
    expect(planWeightFiles(["C:\\1.bin"]).folder).toBe("C:\\");
  });

  it("keeps a backslash that is part of a POSIX name", () => {
    const plan = planWeightFiles(["/a/b\\c"]);
    expect(plan.folder).toBe("/a");
    expect([...plan.locations.values()]).toEqual(["b\\c"]);
  });

  it("rejects files on two drives", () => {
    const plan = (): unknown => planWeightFiles(["C:\\a\\1.bin", "D:\\a\\1.bin"]);
    expect(plan).toThrow(InvalidArgumentError);
    expect(plan).toThrow("expected files on one drive");
  });

  it.each(["a/b", "", "/", "/a/", "/a//b", "/a/./b", "/a/../b", "C:a", "\\\\server\\share"])(
    "rejects %j, which is not the absolute path of a file",
    (path) => {
      const plan = (): unknown => planWeightFiles([path]);
      expect(plan).toThrow(InvalidArgumentError);
      expect(plan).toThrow(
        `weights file: found ${JSON.stringify(path)}, expected the absolute path of a file`,
      );
    },
  );

  it("gives locations that lead from the folder back to each path, and from no deeper folder", () => {
    const name = fc.constantFrom("a", "b", "models--x", "c d", "ü");
    const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => `/${names.join("/")}`);
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), (paths) => {
        const { folder = "", locations } = planWeightFiles(paths);
        for (const each of paths) expect(posix.join(folder, locations.get(each) ?? "")).toBe(each);
        const firstNames = new Set([...locations.values()].map((location) => location.split("/")[0]));
        const holdsAFile = [...locations.values()].some((location) => !location.includes("/"));
        expect(firstNames.size > 1 || holdsAFile).toBe(true);
      }),
    );
  });
});
