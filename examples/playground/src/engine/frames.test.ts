import { RasterImage, Tensor } from "onestep";
import { expect, it } from "vitest";
import { frameOfImage, framesOfSample } from "./frames.ts";

it("a sample of an image is shown as it is", () => {
  const [frame] = framesOfSample(new Tensor("float32", Float32Array.of(-1, 0, 1), [1, 3, 1, 1]));
  expect(frame).toEqual({ width: 1, height: 1, rgba: Uint8ClampedArray.of(0, 128, 255, 255) });
});

it("noise is shown with less contrast, each image by its own reach", () => {
  const sample = new Tensor("float32", Float32Array.of(-1, 4, 0, 0, 1, -4, 1, 1, 1, 1, 1, 1), [2, 3, 1, 2]);
  const [noise, white] = framesOfSample(sample);
  expect([...(noise?.rgba ?? [])]).toEqual([74, 128, 181, 255, 255, 128, 0, 255]);
  expect([...(white?.rgba ?? [])]).toEqual(Array(8).fill(255));
});

it("a sample of one channel is grey", () => {
  const [frame] = framesOfSample(new Tensor("float32", Float32Array.of(1), [1, 1, 1, 1]));
  expect([...(frame?.rgba ?? [])]).toEqual([255, 255, 255, 255]);
});

it("a finished image has its own pixels", () => {
  const image = new RasterImage({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
  expect(frameOfImage(image)).toEqual({ width: 1, height: 1, rgba: Uint8ClampedArray.of(1, 2, 3, 255) });
});
