import type { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import {
  convolve,
  double,
  halve,
  imageOf,
  linearRow,
  normaliseGroups,
  pixel,
  relativeDifference,
  relu,
  silu,
} from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { type ResnetBlockOptions, resnetBlock } from "./resnet-block.ts";

type Weights = ReadonlyMap<string, Tensor<"float32">>;

type Image = Tensor<"float32">;

// Through a filter: see fir-resampling.test.ts.
const resamplers: Readonly<Record<string, (image: Image) => Image>> = {
  none: (image) => image,
  up: double,
  down: halve,
};
const activations: Readonly<Record<string, (image: Image) => Image>> = { silu, relu };

function expectedBlock(
  x: Tensor<"float32">,
  time: Tensor<"float32">,
  weights: Weights,
  options: ResnetBlockOptions,
): Tensor<"float32"> {
  const { groups, groupsOut = groups, epsilon, outChannels, outputScaleFactor = 1 } = options;
  const weight = (name: string): Tensor<"float32"> => weights.get(name) as Tensor<"float32">;
  const at = (name: string, index: number): number => weight(name).data[index] as number;
  const resample = resamplers[options.resample ?? "none"] as (image: Image) => Image;
  const activate = activations[options.activation] as (image: Image) => Image;
  const projected = [0, 1].map((batch) =>
    linearRow(time, weight("time_emb_proj.weight"), weight("time_emb_proj.bias"), batch),
  );
  const timeAt = (batch: number, index: number): number => projected[batch]?.[index] as number;

  let hidden = activate(
    normaliseGroups(
      x,
      groups,
      epsilon,
      (_, c) => at("norm1.weight", c),
      (_, c) => at("norm1.bias", c),
    ),
  );
  hidden = convolve(resample(hidden), weight("conv1.weight"), weight("conv1.bias"));
  if (options.timeScaleShift === "default") {
    const before = hidden;
    hidden = imageOf(
      before.shape,
      (batch, c, row, column) => pixel(before, batch, c, row, column) + timeAt(batch, c),
    );
    hidden = normaliseGroups(
      hidden,
      groupsOut,
      epsilon,
      (_, c) => at("norm2.weight", c),
      (_, c) => at("norm2.bias", c),
    );
  } else {
    const factor = (batch: number, c: number): number => 1 + timeAt(batch, c);
    hidden = normaliseGroups(
      hidden,
      groupsOut,
      epsilon,
      (batch, c) => at("norm2.weight", c) * factor(batch, c),
      (batch, c) => at("norm2.bias", c) * factor(batch, c) + timeAt(batch, outChannels + c),
    );
  }
  hidden = convolve(activate(hidden), weight("conv2.weight"), weight("conv2.bias"));
  const residual = weights.has("conv_shortcut.weight")
    ? convolve(resample(x), weight("conv_shortcut.weight"), weight("conv_shortcut.bias"))
    : resample(x);
  return residual.add(hidden).div(outputScaleFactor);
}

const base: ResnetBlockOptions = {
  outChannels: 8,
  groups: 2,
  epsilon: 1e-5,
  activation: "silu",
  timeScaleShift: "default",
};

describe("resnetBlock", () => {
  it.each<[string, ResnetBlockOptions]>([
    ["that keeps its channels", base],
    ["that changes its channels", { ...base, outChannels: 4 }],
    ["with scale and shift from the timestep", { ...base, timeScaleShift: "scale_shift" }],
    ["that halves the image", { ...base, resample: "down" }],
    ["that doubles the image", { ...base, resample: "up", timeScaleShift: "scale_shift", outChannels: 12 }],
    ["with other groups in the second norm", { ...base, groupsOut: 4 }],
    ["with another activation", { ...base, activation: "relu" }],
    ["with a convolution of the residual anyway", { ...base, useInShortcut: true }],
    ["with a divided sum", { ...base, outputScaleFactor: Math.SQRT2 }],
  ])("follows its definition: a block %s", async (_what, options) => {
    const [x, time] = [wave([2, 8, 4, 6]), wave([2, 10], 3)];
    const { output, weights } = await runLayer({ x, time }, (scope, values) =>
      resnetBlock(values.x, values.time, scope, options),
    );
    expect(relativeDifference(output, expectedBlock(x, time, weights, options))).toBeLessThan(5e-6);
  });
});
