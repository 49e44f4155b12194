import { expect, it } from "vitest";
import { isSingleFile } from "./is-single-file.ts";

it.each([
  ["cd_imagenet64_l2.pt", true],
  ["./models/EDM.PTH", true],
  ["https://host/cd_imagenet64_l2.pt?download=true", true],
  ["file:///models/model.safetensors", true],
  ["openai/diffusers-cd_imagenet64_l2", false],
  ["./models/pt", false],
  ["https://host/model?file=a.pt", false],
])("of %s: %s", (model, expected) => {
  expect(isSingleFile(model)).toBe(expected);
});
