import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { EDMEulerScheduler } from "@onestep/schedulers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { ConsistencyModelPipeline } from "./unconditional/consistency-model-pipeline.ts";

const checkpoint = fileURLToPath(new URL("./__fixtures__/cm-safetensors", import.meta.url));
let folder: string;
let hub: FakeHub;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-pipeline-pushing-"));
  const stale = { bytes: "stale", lfs: true };
  hub = await startFakeHub({
    repositories: {
      "me/old": {
        files: {
          "unet/diffusion_pytorch_model.safetensors.index.json": "{}",
          "unet/diffusion_pytorch_model-00001-of-00002.safetensors": stale,
          "vae/diffusion_pytorch_model.safetensors": stale,
        },
      },
    },
    accounts: { hf_me: { name: "me" } },
  });
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

describe("pushToHub of a pipeline", () => {
  it("uploads what savePretrained writes, in one commit, and is loaded from there", async () => {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint);
    await pipe.savePretrained(folder);
    const place = { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
    const { commit } = await pipe.pushToHub("me/new", { ...place, private: true });
    const stored = hub.files("me/new");
    const saved = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of saved.filter((found) => found.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const bytes = stored.get(path.slice(folder.length + 1).replaceAll("\\", "/"));
      expect(Buffer.compare(await readFile(path), bytes ?? Buffer.of())).toBe(0);
    }
    expect([...stored.keys()].filter((path) => path !== ".gitattributes").sort()).toEqual([
      "README.md",
      "model_index.json",
      "scheduler/scheduler_config.json",
      "unet/config.json",
      "unet/diffusion_pytorch_model.safetensors",
    ]);
    expect(hub.message("me/new")).toBe("Upload ConsistencyModelPipeline");
    const options = { ...place, cacheDir: join(folder, "cache"), revision: commit };
    await using loaded = await DiffusionPipeline.fromPretrained("me/new", options);
    const [before, after] = await Promise.all(
      [pipe, loaded].map((one) => one.generate({ batchSize: 1, seed: 0, outputType: "tensor" })),
    );
    expect(after?.images).toEqual(before?.images);
  });

  it("uploads the scheduler that it has now, and leaves no weights that would be loaded instead", async () => {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint);
    pipe.scheduler = EDMEulerScheduler.fromConfig(pipe.scheduler.config);
    const place = { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
    const pushed = await pipe.pushToHub("me/old", { ...place, commitMessage: "Better", createPr: true });
    expect(pushed.pullRequestUrl).toBe(`${hub.endpoint}/me/old/discussions/1`);
    const files = hub.files("me/old", "refs/pr/1");
    expect([...files.keys()].filter((path) => path.includes("diffusion_pytorch_model")).sort()).toEqual([
      "unet/diffusion_pytorch_model.safetensors",
      "vae/diffusion_pytorch_model.safetensors",
    ]);
    expect(Buffer.from(files.get("model_index.json") ?? []).toString()).toContain('"EDMEulerScheduler"');
    expect(hub.message("me/old", "refs/pr/1")).toBe("Better");
  });
});
