import { RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import { toCamelCase } from "@onestep/core/internal";
import { expect } from "vitest";

/** What a call returns, sums and some values of it. */
export interface GoldenOutput {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly stride: number;
  readonly samples: readonly number[];
}

/** A call of diffusers, and what it returns. */
export interface GoldenCall {
  readonly id: string;
  readonly folder: string;
  readonly class: string;
  readonly load?: Readonly<Record<string, unknown>>;
  readonly scheduler?: { readonly class: string; readonly config: Readonly<Record<string, unknown>> };
  readonly args: Readonly<Record<string, unknown>>;
  readonly timesteps: readonly number[];
  readonly output: GoldenOutput;
  readonly rounding?: { readonly twoThreads?: number; readonly otherKernels?: number };
}

// Vite replaces paths that stand directly before import.meta.url, and cannot know these.
const here = import.meta.url;

const outputTypes: Readonly<Record<string, string>> = { np: "tensor", pil: "image", latent: "latent" };

/** diffusers' arguments as options. */
export async function readArguments(
  args: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    if (name === "output_type") options["outputType"] = outputTypes[String(value)];
    else if (name === "generator") options["generator"] = readGenerator(value as number | readonly number[]);
    else options[toCamelCase(name)] = await readValue(value);
  }
  return options;
}

function readGenerator(value: number | readonly number[]): TorchGenerator | readonly TorchGenerator[] {
  return typeof value === "number"
    ? new TorchGenerator(value)
    : value.map((seed) => new TorchGenerator(seed));
}

interface Recipe {
  readonly randn?: { readonly seed: number; readonly shape: readonly number[] };
  readonly image?: { readonly seed: number; readonly shape: readonly number[] };
  readonly mask?: { readonly seed: number; readonly shape: readonly number[] };
  readonly png?: string;
}

async function readValue(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { randn, image, mask, png } = value as Recipe;
  if (png !== undefined) return readImage(png);
  if (randn !== undefined) return new TorchGenerator(randn.seed).randn(randn.shape);
  if (image !== undefined) return blocks(image, 2);
  return mask === undefined ? value : blocks(mask, 4);
}

async function readImage(name: string): Promise<RasterImage> {
  const url = new URL(`./images/${name}`, here);
  if (url.protocol !== "file:")
    return RasterImage.decode(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const { readFile } = await import("node:fs/promises");
  return RasterImage.decode(await readFile(url));
}

/** Noise in blocks, 0 to 1. */
function blocks(
  { seed, shape }: { readonly seed: number; readonly shape: readonly number[] },
  size: number,
): Tensor<"float32"> {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const [rows, columns] = [Math.ceil(height / size), Math.ceil(width / size)];
  const noise = new TorchGenerator(seed).randn([batch, channels, rows, columns]);
  const data = Float32Array.from({ length: batch * channels * height * width }, (_, index) => {
    const row = Math.floor((Math.floor(index / width) % height) / size);
    const column = Math.floor((index % width) / size);
    const plane = Math.floor(index / (width * height));
    const value = noise.data[(plane * rows + row) * columns + column] as number;
    return Math.min(1, Math.max(0, Math.fround(0.5 + Math.fround(0.25 * value))));
  });
  return new Tensor("float32", data, shape);
}

/**
 * Ten times of what torch itself moves when only the order of its arithmetic changes, at least 2e-5 of an image and 2e-4 of latents;
 * bytes may differ by one. 2e-4 is far below 1/255.
 */
export function expectOutput(
  images: Tensor<"float32"> | readonly RasterImage[],
  call: Pick<GoldenCall, "output" | "rounding" | "args">,
): void {
  const { output, rounding = {}, args } = call;
  const moved = Math.max(rounding.twoThreads ?? 0, rounding.otherKernels ?? 0);
  const least = { np: 2e-4, latent: 2e-4, pil: 1 }[args["output_type"] as "np"];
  const tolerance = args["output_type"] === "pil" ? 1 : Math.max(least, 10 * moved);
  const values = "dtype" in images ? arrange(images, args["output_type"] === "np") : bytesOf(images);
  expect(values).toHaveLength(output.shape.reduce((total, length) => total * length, 1));
  const pairs = [
    ...output.first.map((value, index) => [value, values[index]] as const),
    ...output.last.map(
      (value, index) => [value, values[values.length - output.last.length + index]] as const,
    ),
    ...output.samples.map((value, index) => [value, values[index * output.stride]] as const),
  ];
  const worst = Math.max(...pairs.map(([value, found = Number.NaN]) => Math.abs(value - found)));
  expect(worst).toBeLessThanOrEqual(tolerance);
  const sum = values.reduce((total, value) => total + value, 0);
  expect(Math.abs(sum - output.sum)).toBeLessThanOrEqual(tolerance * values.length);
}

/** [batch, channels, height, width] as diffusers returns arrays: [batch, height, width, channels]. */
function arrange({ data, shape }: Tensor<"float32">, isImage: boolean): ArrayLike<number> & number[] {
  if (!isImage) return Array.from(data);
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const area = height * width;
  return Array.from({ length: batch * area * channels }, (_, index) => {
    const item = Math.floor(index / (area * channels));
    const pixel = Math.floor(index / channels) % area;
    return data[(item * channels + (index % channels)) * area + pixel] as number;
  });
}

function bytesOf(images: readonly RasterImage[]): number[] {
  return images.flatMap(({ data }) => Array.from(data));
}

/** Where a small repository, or a file of one, is. */
export function textFile(path: string): URL {
  return new URL(`../../../../models/src/__fixtures__/text/${path}`, here);
}
