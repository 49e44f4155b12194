import { mkdir, readdir, readFile, readlink, symlink as realSymlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { CacheWriteError } from "../errors.ts";
import { linkBlob } from "./write-file.ts";

const fault = vi.hoisted(() => ({ code: "" }));

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  return {
    ...real,
    symlink: async (...parameters: Parameters<typeof real.symlink>) => {
      if (fault.code !== "") throw Object.assign(new Error(fault.code), { code: fault.code });
      return real.symlink(...parameters);
    },
  };
});

const makeFolder = temporaryFolders();
const asNew = { isNew: true, linksAllowed: true };
const asShared = { isNew: false, linksAllowed: true };
afterEach(() => Object.assign(fault, { code: "" }));

async function makeCache() {
  const folder = await makeFolder();
  const blob = join(folder, "blobs", "abc");
  await mkdir(join(folder, "blobs"));
  await writeFile(blob, "weights");
  const snapshot = join(folder, "snapshots", "1");
  return { folder, blob, snapshot, location: join(snapshot, "unet", "w.bin") };
}

describe("linkBlob", () => {
  it("makes relative links, as many levels up as there are folders", async () => {
    const { blob, location, snapshot } = await makeCache();
    await linkBlob(blob, location, asNew);
    await linkBlob(blob, join(snapshot, "w.bin"), asShared);
    expect(await readlink(location)).toBe("../../../blobs/abc");
    expect(await readlink(join(snapshot, "w.bin"))).toBe("../../blobs/abc");
    expect(await readFile(location, "utf8")).toBe("weights");
  });

  it("leaves a right link and replaces a wrong one, a dangling one and a file", async () => {
    const { blob, location } = await makeCache();
    await linkBlob(blob, location, asNew);
    await linkBlob(blob, location, asShared);
    for (const place of ["dangling", "file", "other"]) {
      const other = join(location, "..", place);
      if (place === "file") await writeFile(other, "old");
      else await realSymlink(place === "other" ? "../../../blobs/../blobs/../x" : "nowhere", other);
      await linkBlob(blob, other, asShared);
      expect(await readlink(other)).toBe("../../../blobs/abc");
    }
  });

  it.each(["EPERM", "ENOTSUP", "UNKNOWN"])("puts the file itself where links fail with %s", async (code) => {
    const { blob, folder, location, snapshot } = await makeCache();
    fault.code = code;
    await linkBlob(blob, join(snapshot, "copy.bin"), asShared);
    expect(await readFile(join(snapshot, "copy.bin"), "utf8")).toBe("weights");
    expect(await readdir(join(folder, "blobs"))).toEqual(["abc"]);
    await linkBlob(blob, location, asNew);
    expect(await readFile(location, "utf8")).toBe("weights");
    expect(await readdir(join(folder, "blobs"))).toEqual([]);
    expect((await readdir(snapshot)).sort()).toEqual(["copy.bin", "unet"]);
  });

  it("tells other failures", async () => {
    const { blob, location } = await makeCache();
    fault.code = "ENOSPC";
    const error = await caught(linkBlob(blob, location, asNew));
    expect(CacheWriteError.isInstance(error)).toBe(true);
    expect(error.message).toContain("no space left on the device (ENOSPC)");
  });

  it("makes none where they are not wanted: moves a new content, and copies one that others may share", async () => {
    const { blob, folder, location, snapshot } = await makeCache();
    await linkBlob(blob, join(snapshot, "copy.bin"), { isNew: false, linksAllowed: false });
    await linkBlob(blob, location, { isNew: true, linksAllowed: false });
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(entries.filter((entry) => entry.isSymbolicLink())).toEqual([]);
    expect(await readFile(location, "utf8")).toBe("weights");
    expect(await readFile(join(snapshot, "copy.bin"), "utf8")).toBe("weights");
    expect(await readdir(join(folder, "blobs"))).toEqual([]);
  });
});
