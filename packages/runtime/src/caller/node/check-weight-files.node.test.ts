import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WeightsFileError } from "../../errors.ts";
import { checkWeightFiles } from "./start-session.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-runtime-"));
  file = join(folder, "weights.bin");
  await writeFile(file, "weights");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function expectProblem(path: string, found: string): Promise<void> {
  const checking = checkWeightFiles([path]);
  await expect(checking).rejects.toThrow(WeightsFileError);
  await expect(checking).rejects.toThrow(`${path}: found ${found}, expected a regular file`);
}

describe("checkWeightFiles", () => {
  it("accepts regular files", async () => {
    await expect(checkWeightFiles([file, file])).resolves.toBeUndefined();
    await expect(checkWeightFiles([file, join(folder, "other.bin")])).rejects.toThrow(WeightsFileError);
  });

  it("rejects a file that is not there", async () => {
    await expectProblem(join(folder, "other.bin"), "no such file");
  });

  it("rejects a path through a file", async () => {
    await expectProblem(
      join(file, "other.bin"),
      `ENOTDIR: not a directory, lstat '${join(file, "other.bin")}'`,
    );
  });

  it("rejects a folder", async () => {
    await mkdir(join(folder, "sub"));
    await expectProblem(join(folder, "sub"), "a folder");
  });

  it("rejects a symbolic link, which onnxruntime may refuse to follow", async () => {
    await symlink(file, join(folder, "link"));
    await expectProblem(join(folder, "link"), "a symbolic link");
  });

  it("rejects a device", async () => {
    await expectProblem("/dev/null", "something that is not a regular file");
  });

  it("rejects a file that may not be read", async () => {
    await chmod(folder, 0o755);
    await chmod(file, 0o000);
    // The superuser may read every file.
    const superuser = process.geteuid?.() === 0;
    if (superuser) process.seteuid?.("nobody");
    try {
      await expectProblem(file, "a file that this process may not read");
    } finally {
      if (superuser) process.seteuid?.(0);
    }
  });
});
