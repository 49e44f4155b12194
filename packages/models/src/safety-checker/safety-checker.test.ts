import { Tensor, TorchGenerator } from "@onestep/core";
import { afterAll, describe, expect, it } from "vitest";
import { textCheckpoint } from "../__fixtures__/text-goldens.ts";
import goldens from "./__fixtures__/safety-checker.json" with { type: "json" };
import { isUnsafe, StableDiffusionSafetyChecker } from "./safety-checker.ts";

const opened = StableDiffusionSafetyChecker.fromPretrained(textCheckpoint("sd15-legacy-bin-tiny"), {
  subfolder: "safety_checker",
  threads: 1,
});
afterAll(async () => (await opened).dispose());

/** Noise in blocks of four pixels, as the script that made the goldens draws it. */
function picture({
  seed,
  height,
  width,
}: {
  seed: number;
  height: number;
  width: number;
}): Tensor<"float32"> {
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)];
  const noise = new TorchGenerator(seed).randn([3, rows, columns]).data;
  const data = Float32Array.from({ length: 3 * height * width }, (_, index) => {
    const [channel, pixel] = [Math.floor(index / (height * width)), index % (height * width)];
    const [row, column] = [Math.floor(Math.floor(pixel / width) / 4), Math.floor((pixel % width) / 4)];
    const value = Math.fround(
      0.5 + Math.fround(0.25 * (noise[(channel * rows + row) * columns + column] as number)),
    );
    return Math.min(1, Math.max(0, value));
  });
  return new Tensor("float32", data, [1, 3, height, width]);
}

describe("the safety checker of diffusers", () => {
  it.each(goldens.cases)("an image of $height x $width", async (golden) => {
    const checker = await opened;
    const image = picture(golden);
    const { imageEmbeds, ...concepts } = await checker.embed(image);
    const differences = golden.imageEmbeds.map((value, index) =>
      Math.abs(value - (imageEmbeds.data[index] as number)),
    );
    // A pixel of 255 that is rounded the other way moves an embedding by up to 1e-3.
    expect(Math.max(...differences)).toBeLessThan(2e-3);
    expect(await checker.check(image)).toEqual([golden.nsfw]);
    for (const [thresholds, isFlagged] of Object.entries(golden.nsfwAtThresholds)) {
      const [concept = 0, special = 0] = thresholds.split(" ").map(Number);
      const found = isUnsafe(imageEmbeds.data, {
        ...concepts,
        conceptThresholds: new Array<number>(17).fill(concept),
        specialThresholds: new Array<number>(3).fill(special),
      });
      expect([thresholds, found]).toEqual([thresholds, isFlagged]);
    }
  });

  it("checks each image of a batch by itself", async () => {
    const checker = await opened;
    const [first, second] = goldens.cases
      .slice(0, 2)
      .map((golden) => picture({ ...golden, height: 64, width: 64 }));
    const { imageEmbeds } = await checker.embed(
      Tensor.concat([first as Tensor<"float32">, second as Tensor<"float32">]),
    );
    const alone = await checker.embed(second as Tensor<"float32">);
    const own = imageEmbeds.data.subarray(imageEmbeds.size / 2);
    alone.imageEmbeds.data.forEach((value, index) => {
      expect(own[index]).toBeCloseTo(value, 5);
    });
  });

  it("reads the names of transformers 5", () => {
    const { rename } = StableDiffusionSafetyChecker.definition;
    expect(rename?.("vision_model.embeddings.class_embedding")).toBe(
      "vision_model.vision_model.embeddings.class_embedding",
    );
    expect(rename?.("vision_model.vision_model.pre_layrnorm.weight")).toBe(
      "vision_model.vision_model.pre_layrnorm.weight",
    );
  });
});
