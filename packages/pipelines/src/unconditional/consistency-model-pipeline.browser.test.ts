import type { ProgressEvent, RasterImage } from "@onestep/core";
import emoji32 from "@onestep/emoji32/reference-outputs.json" with { type: "json" };
import type { RepositoryLocation } from "@onestep/hub";
import { describe, expect, inject, it } from "vitest";
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";

const folder = new URL("/packages/emoji32/", window.location.href);
const endpoint = inject("hubEndpoint");

/** The files of the bundled checkpoint, as a person chooses its folder. */
async function chooseFolder(): Promise<File[]> {
  const paths = [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
  ];
  return Promise.all(
    paths.map(async (path) => {
      const content = await (await fetch(new URL(path, folder))).blob();
      const file = new File([content], path.split("/").at(-1) ?? "");
      Object.defineProperty(file, "webkitRelativePath", { value: `emoji32/${path}` });
      return file;
    }),
  );
}

const { "one step": oneStep, "two steps": twoSteps } = emoji32.images;

/** The largest difference between what diffusers makes on PyTorch and what is made here, in 255ths. */
async function differenceFromPyTorch(
  pipe: ConsistencyModelPipeline,
  goldens: readonly (typeof oneStep)[] = [oneStep, twoSteps],
): Promise<number> {
  let largest = 0;
  for (const { options, output } of goldens) {
    const { images } = await pipe.generate(options);
    const [image] = images as [RasterImage];
    expect([image.width, image.height, image.channels]).toEqual([32, 32, 3]);
    output.every257th.forEach((value, index) => {
      largest = Math.max(largest, Math.abs((image.data[257 * index] ?? Number.NaN) - 255 * value));
    });
  }
  return largest;
}

describe("ConsistencyModelPipeline in a browser makes the images that PyTorch makes", () => {
  const sources: readonly [string, () => Promise<RepositoryLocation>][] = [
    ["the URL of a folder", async () => folder],
    ["the Hub", async () => "onestep/emoji32"],
    ["files that a person chose", chooseFolder],
  ];

  it.each(sources)("from %s", async (_name, source) => {
    const events: ProgressEvent[] = [];
    await using pipe = await ConsistencyModelPipeline.fromPretrained(await source(), {
      device: "wasm",
      endpoint,
      onProgress: (event) => events.push(event),
    });
    expect(pipe.device).toBe("wasm");
    expect(events.map(({ type }) => type)).toContain("component-end");
    expect(await differenceFromPyTorch(pipe)).toBeLessThanOrEqual(1);
  });

  // Here WebGPU is computed on the processor, hundreds of times slower than wasm: one image of one step, and time for it.
  it.each([
    ["wasm, one thread", { device: "wasm", threads: 1 }, [oneStep, twoSteps]],
    ["wasm, two threads", { device: "wasm", threads: 2 }, [oneStep, twoSteps]],
    ["WebGPU", { device: "webgpu" }, [oneStep]],
  ] as const)("on %s", { timeout: 300_000 }, async (_name, options, goldens) => {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(folder, options);
    expect(pipe.device).toBe(options.device);
    expect(await differenceFromPyTorch(pipe, goldens)).toBeLessThanOrEqual(1);
  });

  it("on wasm by default, where the only GPU is computed on the processor", async () => {
    expect((await navigator.gpu.requestAdapter())?.info.isFallbackAdapter).toBe(true);
    await using pipe = await ConsistencyModelPipeline.fromPretrained(folder);
    expect(pipe.device).toBe("wasm");
  });
});
