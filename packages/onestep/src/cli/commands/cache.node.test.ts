import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FakeHub } from "@onestep/fake-hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFiles, startHub } from "../__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";

const folder = temporaryFolder();
let hub: FakeHub;

beforeAll(async () => {
  hub = await startHub({ "you/copy": { files: { ...(await shippedFiles()), "extra.json": "{}" } } });
});

afterAll(async () => {
  await hub.close();
});

function run(...words: string[]) {
  return runOnestep(words, { folder: folder(), environment: { HF_ENDPOINT: hub.endpoint } });
}

/** Fetches configurations of a model, which is enough to be in the cache. */
async function fetchModel(id: string): Promise<void> {
  const { exitCode, stderr } = await run("inspect", id);
  expect(exitCode, stderr).toBe(0);
}

async function cachedModels(): Promise<string[]> {
  const { stdout } = await run("cache", "list", "--json");
  const { models }: { models: { id: string }[] } = JSON.parse(stdout);
  return models.map(({ id }) => id);
}

describe("onestep cache list", () => {
  it("says that there is nothing", async () => {
    const cache = join(folder(), "hf", "hub");
    expect(await run("cache", "list")).toMatchObject({
      exitCode: 0,
      stdout: `No models in ${cache}\n`,
      stderr: "",
    });
  });

  it("lists what there is, for people and for programs", async () => {
    await fetchModel("you/copy");
    await fetchModel("me/emoji");
    const short = (id: string) => hub.commit(id).slice(0, 7);
    const { stdout } = await run("cache", "list");
    const [heading, first, second, empty, total] = stdout.split("\n");
    expect(heading).toBe("MODEL     REVISIONS          SIZE  FILES  LAST USED");
    expect(first).toMatch(
      new RegExp(`^me/emoji  main \\(${short("me/emoji")}\\)  2\\.11 kB      3  \\d{4}-\\d\\d-\\d\\d$`),
    );
    expect(second).toMatch(new RegExp(`^you/copy  main \\(${short("you/copy")}\\)  2\\.11 kB      3  `));
    expect([empty, total]).toEqual(["", `2 models, 4.22 kB in ${join(folder(), "hf", "hub")}`]);

    const document = JSON.parse((await run("cache", "list", "--json")).stdout);
    expect(document).toMatchObject({
      cacheDir: join(folder(), "hf", "hub"),
      problems: [],
      models: [
        {
          id: "me/emoji",
          kind: "hub",
          fileCount: 3,
          lastUsed: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          revisions: [{ commit: hub.commit("me/emoji"), refs: ["main"], fileCount: 3 }],
        },
        { id: "you/copy" },
      ],
    });
  });

  it("tells what has arrived of files that were interrupted", async () => {
    await fetchModel("me/emoji");
    const part = join(folder(), "hf", "hub", "models--me--emoji", "blobs", `${"1".repeat(64)}.x.incomplete`);
    await writeFile(part, "x".repeat(2000));
    const { stdout, stderr } = await run("cache", "list");
    expect(stderr).toBe(`${part} is left over from an interrupted download\n`);
    expect(stdout).toMatch(/^me\/emoji {2}main \(.{7}\), 1 file incomplete {2}4\.11 kB {6}4 {2}/m);
    const document = JSON.parse((await run("cache", "list", "--json")).stdout);
    expect(document.models[0].incompleteFiles).toEqual([{ path: part, sizeOnDisk: 2000, processId: null }]);
  });

  it("looks into the folder that is named", async () => {
    const { stdout } = await run("cache", "list", "--cache-dir", "elsewhere");
    expect(stdout).toContain("No models in ");
    expect(stdout).toContain("elsewhere");
  });
});

describe("onestep cache clear", () => {
  it("does nothing without --yes where nobody can be asked", async () => {
    await fetchModel("me/emoji");
    const { exitCode, stderr } = await run("cache", "clear");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      "Not a terminal, so there is nobody to ask: pass --yes to delete without asking.",
    );
    expect(await cachedModels()).toEqual(["me/emoji"]);
  });

  it("removes the models that are named, and says how much that freed", async () => {
    await fetchModel("me/emoji");
    await fetchModel("you/copy");
    expect(await run("cache", "clear", "me/emoji", "--yes")).toMatchObject({
      exitCode: 0,
      stdout: "2.11 kB freed\n",
      stderr: "Removed me/emoji\n",
    });
    expect(await cachedModels()).toEqual(["you/copy"]);
    const { stdout } = await run("cache", "clear", "-y", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      removed: ["you/copy"],
      freedBytes: expect.any(Number),
      keptBytes: 0,
    });
    expect(await cachedModels()).toEqual([]);
    await expect(stat(join(folder(), "hf", "hub", "models--you--copy"))).rejects.toThrow("ENOENT");
    expect((await run("cache", "clear", "-y")).stdout).toBe("The cache is empty.\n");
  });

  it("removes nothing where one of the models is not there", async () => {
    await fetchModel("me/emoji");
    const { exitCode, stderr } = await run("cache", "clear", "me/emoji", "me/emojo", "--yes");
    expect(exitCode).toBe(4);
    expect(stderr).toContain("me/emojo: found nothing in the cache folder");
    expect(stderr).toContain("Nothing was removed.");
    expect(await cachedModels()).toEqual(["me/emoji"]);
  });
});
