import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { ConnectionError } from "@onestep/hub";
import { UNet2DModel } from "@onestep/models";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConsistencyModelPipeline } from "./unconditional/consistency-model-pipeline.ts";

const checkpoint = fileURLToPath(new URL("./__fixtures__/cm-safetensors", import.meta.url));
const weights = "unet/diffusion_pytorch_model.safetensors";
let cacheDir: string;
let hub: FakeHub;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "onestep-interrupted-update-"));
  hub = await startFakeHub({ repositories: { "me/model": { files: await readFiles(0) } } });
});
afterEach(async () => {
  await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

/** The files of a version: all of them tell it, by bytes that change nothing, or by one weight. */
async function readFiles(version: number): Promise<Record<string, { bytes: Uint8Array; lfs: boolean }>> {
  const paths = (await readdir(checkpoint, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => {
        const name = path.slice(checkpoint.length + 1).replaceAll("\\", "/");
        const bytes = await readFile(path);
        if (name === weights) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ version;
        const changed = name === weights ? bytes : Buffer.concat([bytes, Buffer.from("\n".repeat(version))]);
        return [name, { bytes: changed, lfs: name === weights }] as const;
      }),
    ),
  );
}

/** Where the model comes from, and how. */
function place() {
  return {
    endpoint: hub.endpoint,
    environment: {},
    token: false,
    cacheDir,
    retry: { maxRetries: 0 },
  } as const;
}

async function readReference(): Promise<string> {
  return readFile(join(cacheDir, "models--me--model", "refs", "main"), "utf8");
}

describe("an update that is interrupted", () => {
  it.each([
    ["a pipeline", () => ConsistencyModelPipeline.fromPretrained("me/model", place())],
    ["a model", () => UNet2DModel.fromPretrained("me/model", { ...place(), subfolder: "unet" })],
  ])("leaves the older copy of %s in use without a network, until it is complete", async (_name, load) => {
    await (await ConsistencyModelPipeline.fromPretrained("me/model", place())).dispose();
    const older = hub.commit("me/model");
    hub.update({ "me/model": { files: await readFiles(1) } });
    hub.addFault({ host: "cdn", dropAfterBytes: 1000 });
    await expect(load()).rejects.toThrow(ConnectionError);
    expect(await readReference()).toBe(older);
    const offline = { ...place(), localFilesOnly: true };
    await (await ConsistencyModelPipeline.fromPretrained("me/model", offline)).dispose();

    hub.clearFaults();
    await (await load()).dispose();
    expect(await readReference()).toBe(hub.commit("me/model"));
    expect(hub.commit("me/model")).not.toBe(older);
  });

  it("leaves what arrived of a first download, whose commit is known", async () => {
    hub.addFault({ host: "cdn", dropAfterBytes: 1000 });
    await expect(ConsistencyModelPipeline.fromPretrained("me/model", place())).rejects.toThrow(
      ConnectionError,
    );
    expect(await readReference()).toBe(hub.commit("me/model"));
  });
});
