import { InvalidConfigError } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import { describe, expect, it } from "vitest";
import { formatModelIndex, parseModelIndex } from "./model-index.ts";

// The file of openai/diffusers-cd_imagenet64_l2, with the version that this project writes.
const published = `{
  "_class_name": "ConsistencyModelPipeline",
  "_diffusers_version": "0.40.0.dev0",
  "_name_or_path": "cd_imagenet64_l2",
  "scheduler": [
    "diffusers",
    "CMStochasticIterativeScheduler"
  ],
  "unet": [
    "diffusers",
    "UNet2DModel"
  ]
}
`;

describe("model_index.json", () => {
  it("names the pipeline's class and each component's", () => {
    const index = parseModelIndex(parsePythonJson(published, "x"), "x");
    expect(index.className).toBe("ConsistencyModelPipeline");
    expect([...index.components]).toEqual([
      ["scheduler", { library: "diffusers", className: "CMStochasticIterativeScheduler" }],
      ["unet", { library: "diffusers", className: "UNet2DModel" }],
    ]);
  });

  it("is written again byte for byte, what is not known here included", () => {
    const index = parseModelIndex(parsePythonJson(published, "x"), "x");
    const { className, components } = index;
    expect(formatModelIndex({ className, components, loaded: index })).toBe(published);
  });

  it("leaves out components that are null", () => {
    const text =
      '{"_class_name": "X", "safety_checker": [null, null], "other": null, "unet": ["diffusers", "U"]}';
    expect([...parseModelIndex(parsePythonJson(text, "x"), "x").components.keys()]).toEqual(["unet"]);
  });

  it.each([
    ["a list", "[]", /model_index.json of a: found \[\], expected a JSON object/],
    ["no class", "{}", /found no _class_name, expected the name of a pipeline class/],
    ["a class that is a number", '{"_class_name": 3}', /found _class_name 3/],
    [
      "a component of one name",
      '{"_class_name": "X", "unet": ["U"]}',
      /found component unet as \["U"\], expected a list of/,
    ],
    ["a component of numbers", '{"_class_name": "X", "unet": [1, 2]}', /found component unet as \[1, ?2\]/],
  ])("is refused when it is %s", (_what, text, message) => {
    const parse = (): unknown => parseModelIndex(parsePythonJson(text, "x"), "model_index.json of a");
    expect(parse).toThrow(InvalidConfigError);
    expect(parse).toThrow(message);
  });
});
