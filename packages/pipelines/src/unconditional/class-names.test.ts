import { InvalidArgumentError, InvalidConfigError } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import { DiffusionPipeline, type UNet2DPipeline } from "../diffusion-pipeline.ts";
import { ConsistencyModelInpaintPipeline } from "../editing/consistency-model-inpaint-pipeline.ts";
import type { Id2Label } from "./class-names.ts";
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";

const place = pipelinePlace();
const animals = { "0": "fox, red fox", "1": "crane", "2": "pizza", "3": "crane", "4": "2" };

async function load(
  index: Readonly<Record<string, unknown>>,
  options: { readonly id2label?: Id2Label } = {},
) {
  const source = await place({ ...zeroPipeline({ numClassEmbeds: 5, sampleSize: 8 }), index });
  return ConsistencyModelPipeline.fromPretrained(source, options);
}

describe("a checkpoint that names its classes", () => {
  let pipe: ConsistencyModelPipeline;
  beforeAll(async () => {
    pipe = await load({ id2label: animals });
  });
  afterAll(() => pipe.dispose());

  it("lists their ids by name, sorted, without names that say nothing certain", () => {
    expect(Object.entries(pipe.labels)).toEqual([
      ["fox", 0],
      ["pizza", 2],
      ["red fox", 0],
    ]);
    expect(pipe.getLabelIds(["pizza", "red fox", "fox"])).toEqual([2, 0, 0]);
    expect(pipe.getLabelIds("pizza")).toEqual([2]);
  });

  it("takes names where it takes numbers, and says what was made", async () => {
    const named = await pipe.generate({ classLabels: ["fox", 4, "pizza"], seed: 0 });
    expect(named.classLabels).toEqual([0, 4, 2]);
    const one = await pipe.generate({ classLabels: "pizza", batchSize: 2, seed: 0 });
    expect(one.classLabels).toEqual([2, 2]);
    const inpaint = ConsistencyModelInpaintPipeline.fromPipe(pipe);
    expect(inpaint.labels).toEqual(pipe.labels);
    const drawn = await pipe.generate({ batchSize: 4, seed: 0 });
    expect(drawn.classLabels).toHaveLength(4);
    const again = await pipe.generate({ classLabels: drawn.classLabels, seed: 0 });
    expect(again.images[3]?.data).toEqual(drawn.images[3]?.data);
  });

  it.each([
    ["a misspelling", "pzizza", '"pzizza"', 'Did you mean "pizza"?'],
    ["a part of a name", "izz", '"izz"', 'Did you mean "pizza"?'],
    ["another case", "Pizza", '"Pizza"', 'Did you mean "pizza"?'],
    ["a name that no class has", "constructor", '"constructor"', "fox, red fox, crane, pizza, 2"],
    ["nothing", "", '""', "the name of a class"],
    ["an unknown name in a list", ["fox", "dog"], '"dog"', "`pipe.labels` lists all names"],
    ["a name of two classes", "crane", '"crane"', "Pass the number of the class: 1 or 3."],
    ["a name that is another class's number", "2", '"2"', "Pass the number of the class: 4."],
    ["a number in quotes", "3", '"3"', "Pass the number 3, without quotes."],
    ["a number beyond the classes", 5, "5", "an integer from 0 to 4"],
    ["a fraction in a list", [0, 1.5], "1.5", "an integer from 0 to 4"],
  ])("refuses %s", async (_what, classLabels, found, advice) => {
    const failure = await pipe.generate({ classLabels, seed: 0 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidArgumentError);
    expect((failure as Error).message).toContain(`classLabels: found ${found}, expected `);
    expect((failure as Error).message).toContain(advice);
  });

  it("refuses unknown names in getLabelIds", () => {
    expect(() => pipe.getLabelIds(["fox", "wolf"])).toThrow(
      /^label: found "wolf", expected the name of a class/,
    );
  });
});

describe("names of classes", () => {
  it("are found where diffusers passes over them as well, and by every way to load", async () => {
    const source = await place({
      ...zeroPipeline({ numClassEmbeds: 2, sampleSize: 8 }),
      index: { _id2label: { "0": "cat", "1": "dog" } },
    });
    await using pipe = await DiffusionPipeline.fromPretrained(source);
    expect((pipe as UNet2DPipeline).labels).toEqual({ cat: 0, dog: 1 });
  });

  it("can be the caller's own, in the place of the checkpoint's", async () => {
    const id2label = { "0": ["n02119789", "kit fox"], "1": ["n07873807", "pizza"] };
    await using pipe = await load({ id2label: ["damaged"] }, { id2label });
    expect(pipe.labels).toEqual({ "kit fox": 0, n02119789: 0, n07873807: 1, pizza: 1 });
    await using none = await load({ id2label: animals }, { id2label: {} });
    expect(none.labels).toEqual({});
  });

  it("are asked for in vain where a checkpoint has none", async () => {
    await using pipe = await load({});
    expect(pipe.labels).toEqual({});
    await expect(pipe.generate({ classLabels: "fox" })).rejects.toThrow(
      'classLabels: found "fox", expected numbers: the checkpoint does not name its classes. Pass the number of the class',
    );
    await expect(pipe.generate({ classLabels: "3" })).rejects.toThrow("Pass the number 3, without quotes.");
    const source = await place(zeroPipeline({ sampleSize: 8 }));
    await using classless = await ConsistencyModelPipeline.fromPretrained(source);
    await expect(classless.generate({ classLabels: 3 })).rejects.toThrow(
      "classLabels: found 3 for a model without classes, expected no classLabels.",
    );
    const { classLabels } = await classless.generate({ seed: 0 });
    expect(classLabels).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ["a list", ["fox", "pizza"], 'found ["fox","pizza"], expected an object of names by class id'],
    ["text", "fox", 'found "fox"'],
    ["holes", { "0": "fox", "2": "pizza" }, "found no name for class 1 among 2"],
    ["a start at 1", { "1": "fox", "2": "pizza" }, "found no name for class 0"],
    ["ids that are no numbers", { fox: "0" }, 'found the id "fox"'],
    ["ids of other spellings", { "00": "fox" }, 'found the id "00"'],
    ["a number as a name", { "0": 1 }, "found 1 as the name of class 0"],
    ["an empty name", { "0": " , " }, 'found " , " as the name of class 0'],
    ["a list of something else", { "0": ["fox", 1] }, 'found ["fox",1] as the name of class 0'],
  ])(
    "are refused where they are %s, as the checkpoint's and as the caller's",
    async (_what, id2label, found) => {
      const inIndex = await load({ id2label }).catch((error: unknown) => error);
      expect(inIndex).toBeInstanceOf(InvalidConfigError);
      expect((inIndex as Error).message).toMatch(/^id2label of model_index\.json of /);
      expect((inIndex as Error).message).toContain(found);
      const given = await load({}, { id2label: id2label as Id2Label }).catch((error: unknown) => error);
      expect(given).toBeInstanceOf(InvalidArgumentError);
      expect((given as Error).message).toContain(`id2label: ${found}`);
    },
  );

  it("are refused where they are more than the model has classes, or stand twice and differ", async () => {
    const six = Object.fromEntries(["a", "b", "c", "d", "e", "f"].entries());
    await expect(load({ id2label: six })).rejects.toThrow("found names of 6 classes, expected at most 5");
    const twice = load({ id2label: { "0": "fox" }, _id2label: { "0": "wolf" } });
    await expect(twice).rejects.toThrow("found different names in id2label and _id2label");
    await using same = await load({ id2label: { "0": "fox" }, _id2label: { "0": "fox" } });
    expect(same.labels).toEqual({ fox: 0 });
  });
});
