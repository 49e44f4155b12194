import { setWarningHandler, Tensor } from "@onestep/core";
import type { InferenceBackend, InferenceSession } from "@onestep/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";
import { textCheckpoint } from "./__fixtures__/text-goldens.ts";
import { AutoencoderKL } from "./autoencoder-kl/autoencoder-kl.ts";
import { AutoencoderTiny } from "./autoencoder-tiny/autoencoder-tiny.ts";

const warnings: string[] = [];
/** The formats that sessions ran in. */
const runs: string[] = [];

beforeEach(() => {
  warnings.length = 0;
  runs.length = 0;
  setWarningHandler(({ message }) => {
    warnings.push(message);
  });
});
afterEach(() => {
  setWarningHandler(undefined);
});

/** A GPU on which float16 overflows, or does not. */
function gpu({ overflows }: { readonly overflows: boolean }): InferenceBackend {
  return {
    findDevices: async () => [{ device: "webgpu", precisions: ["float32", "float16"] }],
    start: async (model): Promise<InferenceSession> => {
      if (!("graph" in model)) throw new Error("a graph is expected");
      const { graph } = model;
      const isHalf = graph.nodes.some(({ outputs }) => outputs.some(({ dtype }) => dtype === "float16"));
      return {
        device: "webgpu",
        run: async () => {
          runs.push(isHalf ? "float16" : "float32");
          const [name = "", output] = Object.entries(graph.outputs)[0] ?? [];
          const shape = (output?.shape ?? []).map((length) => (typeof length === "number" ? length : 1));
          const value = isHalf && overflows ? Number.NaN : 0.5;
          return { [name]: Tensor.zeros(shape).add(value) };
        },
        dispose: async () => undefined,
      };
    },
  };
}

const load = (overflows: boolean) =>
  ({ subfolder: "vae", dtype: "float16", backend: gpu({ overflows }) }) as const;

it.each([
  ["AutoencoderKL", () => AutoencoderKL.fromPretrained(textCheckpoint("sdxl-tiny"), load(true))],
  ["AutoencoderTiny", () => AutoencoderTiny.fromPretrained(textCheckpoint("sd15-taesd-tiny"), load(true))],
])("%s computes again in float32 what is not finite in float16, with one warning", async (_name, open) => {
  await using vae = await open();
  const latents = Tensor.zeros([1, vae.config.latentChannels, 8, 8]);
  const { sample } = await vae.decode(latents);
  expect(sample.data.every((value) => value === 0.5)).toBe(true);
  expect(runs).toEqual(["float16", "float32"]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/decode leaves the range of float16/);
  await vae.decode(latents);
  expect(runs).toEqual(["float16", "float32", "float32"]);
  const size = 8 * vae.scaleFactor;
  await vae.encode(Tensor.zeros([1, 3, size, size]));
  expect(runs.slice(3)).toEqual(["float16", "float32"]);
  expect(warnings).toHaveLength(2);
});

it("stays in float16 where results are finite, unless asked for float32", async () => {
  await using vae = await AutoencoderKL.fromPretrained(textCheckpoint("sdxl-tiny"), load(false));
  const latents = Tensor.zeros([1, 4, 8, 8]);
  await vae.decode(latents);
  await vae.decode(latents, { upcast: true });
  await vae.decode(latents);
  expect(runs).toEqual(["float16", "float32", "float16"]);
  expect(warnings).toEqual([]);
});
