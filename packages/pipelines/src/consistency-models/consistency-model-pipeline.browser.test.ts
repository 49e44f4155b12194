import { type ProgressEvent, RasterImage } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import { describe, expect, inject, it } from "vitest";
import inNode from "../__fixtures__/emoji32-images.json" with { type: "json" };
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";

const folder = new URL("/packages/emoji32/", window.location.href);
const endpoint = inject("hubEndpoint");

/** The files of the checkpoint that ships, as a person chooses its folder. */
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

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The largest difference between the images that Node made and those made here, in 255ths. */
async function differenceFromNode(
  pipe: ConsistencyModelPipeline,
  goldens: typeof inNode = inNode,
): Promise<number> {
  let largest = 0;
  for (const { options, png } of goldens) {
    const expected = await RasterImage.fromPng(bytesOf(png));
    const { images } = await pipe.generate(options);
    const [image] = images as [RasterImage];
    expect([image.width, image.height, image.channels]).toEqual([32, 32, 3]);
    image.data.forEach((value, index) => {
      largest = Math.max(largest, Math.abs(value - (expected.data[index] ?? Number.NaN)));
    });
  }
  return largest;
}

describe("ConsistencyModelPipeline in a browser makes the images that it makes in Node", () => {
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
    expect(await differenceFromNode(pipe)).toBeLessThanOrEqual(1);
  });

  // Here WebGPU is computed on the processor, hundreds of times slower than wasm: one image of one step, and time for it.
  it.each([
    ["wasm, one thread", { device: "wasm", threads: 1 }, inNode],
    ["wasm, two threads", { device: "wasm", threads: 2 }, inNode],
    ["WebGPU", { device: "webgpu" }, inNode.slice(0, 1)],
  ] as const)("on %s", { timeout: 300_000 }, async (_name, options, goldens) => {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(folder, options);
    expect(pipe.device).toBe(options.device);
    expect(goldens.length).toBeGreaterThan(0);
    expect(await differenceFromNode(pipe, goldens)).toBeLessThanOrEqual(1);
  });

  it("on wasm by default, where the only GPU is computed on the processor", async () => {
    expect((await navigator.gpu.requestAdapter())?.info.isFallbackAdapter).toBe(true);
    await using pipe = await ConsistencyModelPipeline.fromPretrained(folder);
    expect(pipe.device).toBe("wasm");
  });
});
