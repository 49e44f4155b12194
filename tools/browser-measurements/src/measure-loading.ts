import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architectures } from "@onestep/benchmark/architecture";
import { makeCheckpoint } from "@onestep/benchmark/make-checkpoint";
import { type FakeFile, startFakeHub } from "@onestep/fake-hub";
import { type HeapPeaks, HeapWatch } from "./heap-watch.ts";
import { openMeasuredPage } from "./open-measured-page.ts";
import type { LoadRequest } from "./pages/load-model.ts";

/** Measurements of loading a model. */
export interface LoadingFigure extends Omit<LoadRequest, "endpoint"> {
  readonly milliseconds: number;
  readonly peaks: HeapPeaks;
  /** Length of the WebAssembly memory, which only ever grows; the weights are in it. */
  readonly wasmBytes: number;
  /** The number of requests for the weights, and how many of them were range requests. */
  readonly requests: number;
  readonly partialRequests: number;
}

/** A network of 75 million float32 parameters, like the published ones: 300 MB. */
const channels = [96, 192, 288, 384];

/** Loads a 300 MB model from a local Hub in every supported way. */
export async function measureLoading(): Promise<readonly LoadingFigure[]> {
  const files = await makeModel();
  const figures: LoadingFigure[] = [];
  for (const canSuspend of [true, false]) {
    for (const hasStorage of [true, false]) {
      const hub = await startFakeHub({ repositories: { "onestep/measured": { files } } });
      const opened = await openMeasuredPage();
      const request = { device: "wasm", canSuspend, hasStorage } as const;
      const watch = await HeapWatch.start(opened.page);
      const start = performance.now();
      const wasmBytes = Number(await opened.call("loadModel", { ...request, endpoint: hub.endpoint }));
      const milliseconds = performance.now() - start;
      const peaks = await watch.stop();
      const asked = hub.requests.filter(({ host }) => host === "cdn");
      const partialRequests = asked.filter(({ headers }) => headers["range"] !== undefined).length;
      figures.push({ ...request, milliseconds, wasmBytes, peaks, requests: asked.length, partialRequests });
      await opened.close();
      await hub.close();
    }
  }
  return figures;
}

async function makeModel(): Promise<Record<string, FakeFile>> {
  const { imagenet64 } = architectures;
  if (imagenet64 === undefined) throw new Error("there is no architecture imagenet64");
  const unet = { ...imagenet64.unet, block_out_channels: channels, attn_norm_num_groups: 32 };
  const folder = join(tmpdir(), "onestep-measurements-model");
  await makeCheckpoint(folder, { ...imagenet64, unet });
  const files: Record<string, FakeFile> = {};
  for (const name of await readdir(join(folder, "unet"))) {
    files[`unet/${name}`] = {
      bytes: await readFile(join(folder, "unet", name)),
      lfs: name.endsWith("safetensors"),
    };
  }
  return files;
}
