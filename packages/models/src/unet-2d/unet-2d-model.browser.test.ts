import { TorchGenerator } from "@onestep/core";
import { OutOfMemoryError } from "@onestep/runtime";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import reference from "../single-file/__fixtures__/cd-tiny-l2.json" with { type: "json" };
import { UNet2DModel } from "./unet-2d-model.ts";

const endpoint = inject("hubEndpoint");
const suspending = Reflect.get(WebAssembly, "Suspending");
const weightsPath = /\/content\/|\.safetensors$/;

/** Three models are loaded one after the other. */
const timeout = 180_000;

let cacheDir: string;

beforeEach(() => {
  cacheDir = `test-${crypto.randomUUID()}`;
});
afterEach(async () => {
  Reflect.set(WebAssembly, "Suspending", suspending);
  vi.restoreAllMocks();
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(cacheDir, { recursive: true }).catch(() => {});
});

async function predict(model: UNet2DModel, size: number): Promise<readonly number[]> {
  const sample = new TorchGenerator(0).randn([2, 3, size, size]);
  const { timesteps: timestep, class_labels: classLabels } = reference.unet_forward;
  return [...(await model.forward({ sample, timestep, classLabels })).sample.data];
}

/** The `Range` of every request for weights. */
function watchRanges(): (string | null)[] {
  const ranges: (string | null)[] = [];
  const { fetch } = globalThis;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, window.location.href);
    if (weightsPath.test(pathname)) ranges.push(new Headers(init?.headers).get("Range"));
    return fetch(input, init);
  });
  return ranges;
}

/** The longest array that the page made of a Blob or an answer. */
function watchArrays(): { longest: number } {
  const watched = { longest: 0 };
  for (const owner of [Blob.prototype, Response.prototype]) {
    const { arrayBuffer } = owner;
    vi.spyOn(owner, "arrayBuffer").mockImplementation(async function (this: Blob | Response) {
      const buffer = await arrayBuffer.call(this as Blob & Response);
      watched.longest = Math.max(watched.longest, buffer.byteLength);
      return buffer;
    });
  }
  return watched;
}

async function load(options: { readonly cacheDir?: string }): Promise<readonly number[]> {
  await using model = await UNet2DModel.fromPretrained("onestep/emoji32", {
    ...options,
    endpoint,
    subfolder: "unet",
    device: "wasm",
    threads: 1,
  });
  return predict(model, 32);
}

describe("UNet2DModel in a browser takes its weights", () => {
  it("out of the cache, on every build of onnxruntime, without an array as long as the file", {
    timeout,
  }, async () => {
    const ranges = watchRanges();
    const arrays = watchArrays();
    const first = await load({ cacheDir });
    // One request for the whole file, which goes to the disk.
    expect(ranges).toEqual([null]);
    expect(await load({ cacheDir })).toEqual(first);
    Reflect.deleteProperty(WebAssembly, "Suspending");
    expect(await load({ cacheDir })).toEqual(first);
    expect(ranges).toEqual([null]);
    expect(arrays.longest).toBeLessThan(1024 * 1024);
  });

  it("from where they lie where the browser keeps nothing, the same", { timeout }, async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const expected = await load({ cacheDir });
    vi.spyOn(navigator.storage, "getDirectory").mockRejectedValue(new DOMException("no", "SecurityError"));
    const ranges = watchRanges();
    const inPlace = await load({});
    expect(inPlace).toEqual(expected);
    // An array at a time.
    expect(ranges.length).toBeGreaterThan(100);
    expect(ranges.filter((range) => range === null)).toEqual([]);
    ranges.length = 0;
    Reflect.deleteProperty(WebAssembly, "Suspending");
    expect(await load({})).toEqual(expected);
    // The file once, in order: the start for its size and header, then the rest, which is less than 8 MiB.
    expect(ranges).toHaveLength(2);
  });

  it("out of a single file of torch that a person chose", async () => {
    const answer = await fetch("/packages/models/src/single-file/__fixtures__/cd_tiny_l2.pt");
    const file = new File([await answer.blob()], "cd_tiny_l2.pt");
    await using model = await UNet2DModel.fromSingleFile(file, {
      sampleSize: 16,
      attentionHeadDim: 16,
      device: "wasm",
    });
    const values = await predict(model, 16);
    const { first } = reference.unet_forward;
    // Of OpenAI's own network, run by PyTorch; the sums are in another order.
    const scale = Math.max(...values.map(Math.abs));
    first.forEach((value, index) => {
      expect(Math.abs((values[index] as number) - value) / scale).toBeLessThan(2e-5);
    });
  });
});

describe("UNet2DModel that is too large for WebAssembly", () => {
  it("is refused before its weights are looked for", async () => {
    const answer = await fetch("/packages/emoji32/unet/config.json");
    const config = { ...(await answer.json()), block_out_channels: [1024, 2048, 4096] };
    const files = new Map([["config.json", new Blob([JSON.stringify(config)])]]);
    const error: unknown = await UNet2DModel.fromPretrained(files, { device: "wasm" }).catch(
      (thrown) => thrown,
    );
    expect(OutOfMemoryError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(/^weights of files in memory: found \d+ bytes in float32/);
  });

  it("is refused as a single file before it is fetched", async () => {
    let pulled = 0;
    const endless: typeof fetch = async () => {
      const pull = (): void => {
        pulled += 1;
      };
      const body = new ReadableStream({ pull }, { highWaterMark: 0 });
      return new Response(body, { headers: { "Content-Length": "4000000000", "Last-Modified": "today" } });
    };
    const options = { fetch: endless, device: "wasm", cacheDir } as const;
    const loading = UNet2DModel.fromSingleFile("https://models.example/cd_imagenet64_l2.pt", options);
    const error: unknown = await loading.catch((thrown: unknown) => thrown);
    expect(OutOfMemoryError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain("cd_imagenet64_l2.pt: found 4000000000 bytes");
    // At most what was asked for when the size was seen.
    expect(pulled).toBeLessThanOrEqual(1);
  });
});
