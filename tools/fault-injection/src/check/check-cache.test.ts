import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { objectIdOf, sha256Of } from "../plan/planned-file.ts";
import { checkCache } from "./check-cache.ts";

const commit = "c".repeat(40);
const bytes = new TextEncoder().encode("weights");
const objectId = sha256Of(bytes);
const small = new TextEncoder().encode("{}");
const smallId = objectIdOf(small, false);
const commits = new Map([
  [
    commit,
    new Map([
      ["unet/w.bin", { objectId, sha256: objectId }],
      ["x.json", { objectId: smallId, sha256: sha256Of(small) }],
    ]),
  ],
]);
const model = "models--owner--name";
const link = `${model}/snapshots/${commit}/unet/w.bin`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-check-"));
  await write(`${model}/blobs/${objectId}`, "weights");
  await write(`${model}/blobs/${smallId}`, "{}");
  await linkTo(link, `../../../blobs/${objectId}`);
  await linkTo(`${model}/snapshots/${commit}/x.json`, `../../blobs/${smallId}`);
  await write(`${model}/refs/main`, commit);
  await write(`${model}/trees/${commit}.json`, '{"files": {"unet/w.bin": {}, "x.json": {}}}');
  await write(`${model}/.no_exist/${commit}/none`, "");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

async function linkTo(path: string, target: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await symlink(target, join(folder, path));
}

describe("checkCache", () => {
  it("finds nothing in a cache that is right", async () => {
    expect(await checkCache(folder, commits)).toEqual({ faults: [], leftovers: [] });
  });

  it("knows what interrupted work leaves", async () => {
    const left = [
      `.locks/${model}/${objectId}.onestep.lock`,
      `.locks/${model}/${objectId}.onestep.lock.0123abcd`,
      `${model}/blobs/${objectId}.onestep-0123abcd.incomplete`,
      `${model}/main.0123abcd.tmp`,
    ];
    for (const path of left) await write(path, "");
    const { faults, leftovers } = await checkCache(folder, commits);
    expect(faults).toEqual([]);
    expect(leftovers.toSorted()).toEqual(left.toSorted());
  });

  it.each<[string, () => Promise<void>, string]>([
    ["a content cut short", () => write(`${model}/blobs/${objectId}`, "weigh"), "5 bytes that hash to"],
    ["a half file under a name of its own", () => write(`${model}/blobs/${objectId}.part`, ""), "hash to"],
    ["a file that the commit does not have", () => linkTo(`${link}.txt`, "../../x"), "does not have"],
    ["a copy in place of a link", () => relink(undefined), "no relative link"],
    ["a link to another content", () => relink(`../../../blobs/${smallId}`), "a link to blobs/"],
    ["a link out of the cache", () => relink("../../../../../x"), "a link to ../../x, where"],
    ["a link that leads nowhere", () => unlink(join(folder, model, "blobs", objectId)), "leads nowhere"],
    ["a reference to no commit", () => write(`${model}/refs/v1`, "abc"), '"abc", which is no commit'],
    [
      "a listing that lacks a file",
      () => write(`${model}/trees/${commit}.json`, "{}"),
      "without unet/w.bin, x.json",
    ],
    [
      "a false note of a missing file",
      () => write(`${model}/.no_exist/${commit}/x.json`, ""),
      "noted as missing",
    ],
    ["a file beside the cache", () => write("x", ""), "no place in a cache"],
  ])("finds %s", async (_what, damage, message) => {
    await damage();
    const { faults } = await checkCache(folder, commits);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it("finds a reference to a commit of which nothing is there", async () => {
    await rm(join(folder, model, "snapshots"), { recursive: true });
    const { faults } = await checkCache(folder, commits);
    expect(faults).toEqual([expect.stringContaining("of which nothing is there")]);
  });

  async function relink(target: string | undefined): Promise<void> {
    await unlink(join(folder, link));
    if (target === undefined) await write(link, "weights");
    else await linkTo(link, target);
  }
});
