import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { type PushOptions, UnsafePathError } from "@onestep/hub";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import golden from "./__fixtures__/unet-golden.json" with { type: "json" };
import { writeFormulaCheckpoint } from "./__fixtures__/write-formula-checkpoint.ts";
import { UNet2DModel } from "./unet-2d-model.ts";

let folder: string;
let model: UNet2DModel;
let hub: FakeHub;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-unet-pushing-"));
  await writeFormulaCheckpoint(join(folder, "original"), golden.cm_test_class_cond.config);
  model = await UNet2DModel.fromPretrained(join(folder, "original"));
});
beforeEach(async () => {
  hub = await startFakeHub({
    repositories: { "me/old": { files: { "README.md": "mine" } } },
    accounts: { hf_me: { name: "me" } },
    partBytes: 1_000_000,
  });
});
afterEach(() => hub.close());
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true, force: true });
});

function place(): PushOptions {
  return { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
}

async function expectSameAsSaved(prefix: string, directory: string): Promise<void> {
  const stored = hub.files("me/old");
  const pushed = [...stored.keys()].filter((path) => path.startsWith(prefix) && path !== "README.md");
  expect(pushed.map((path) => path.slice(prefix.length)).sort()).toEqual((await readdir(directory)).sort());
  for (const path of pushed) {
    const saved = await readFile(join(directory, path.slice(prefix.length)));
    expect(Buffer.compare(saved, stored.get(path) ?? Buffer.of())).toBe(0);
  }
}

describe("UNet2DModel.pushToHub", () => {
  it.each([
    { maxShardSize: undefined, variant: undefined },
    { maxShardSize: "2MB", variant: "fp16" },
  ])("uploads what savePretrained writes: %j", async (options) => {
    const directory = join(folder, `saved-${options.variant}`);
    await model.savePretrained(directory, options);
    await model.pushToHub("me/old", { ...place(), ...options });
    await expectSameAsSaved("", directory);
    expect(Buffer.from(hub.files("me/old").get("README.md") ?? []).toString()).toBe("mine");
    expect(hub.message("me/old")).toBe("Upload model");
  });

  it("replaces the weights of an earlier upload to the same folder, and no others", async () => {
    await model.pushToHub("me/old", { ...place(), subfolder: "other", maxShardSize: "2MB" });
    const other = [...hub.files("me/old").keys()].filter((path) => path.startsWith("other/"));
    await model.pushToHub("me/old", { ...place(), subfolder: "unet", maxShardSize: "2MB" });
    await model.pushToHub("me/old", { ...place(), subfolder: "unet", variant: "ema" });
    await model.pushToHub("me/old", { ...place(), subfolder: "unet" });
    const paths = [...hub.files("me/old").keys()];
    expect(paths.filter((path) => path.startsWith("unet/")).sort()).toEqual([
      "unet/config.json",
      "unet/diffusion_pytorch_model.ema.safetensors",
      "unet/diffusion_pytorch_model.safetensors",
    ]);
    expect(paths).toEqual(expect.arrayContaining(other));
  });

  it("refuses what is wrong before it asks the Hub", async () => {
    const wrong = { ...place(), variant: "../x" };
    await expect(model.pushToHub("me/old", wrong)).rejects.toThrow(InvalidArgumentError);
    const outside = { ...place(), subfolder: "../x" };
    await expect(model.pushToHub("me/old", outside)).rejects.toThrow(UnsafePathError);
    expect(hub.requests).toEqual([]);
  });
});
