import { expect, it } from "vitest";
import { recommendedTimesteps } from "./read-model-report.ts";

it.each([
  ["openai/diffusers-cd_imagenet64_l2", [[22, 0]]],
  ["openai/diffusers-ct_imagenet64", [[106, 0]]],
  ["/models/cd_bedroom256_lpips/", [[17, 0]]],
  ["C:\\models\\ct_cat256", [[62, 0]]],
  ["@onestep/emoji32", [[32, 0]]],
  ["somebody/else", []],
  ["a/constructor", []],
  ["", []],
])("of %s are %j", (model, expected) => {
  expect(recommendedTimesteps(model)).toEqual(expected);
});
