import { describe, expect, it } from "vitest";
import { generateCommand } from "../commands/generate.ts";
import { readGenerateRequest } from "./image-options.ts";
import { parseArguments, UsageError } from "./parse-arguments.ts";

function read(...words: string[]) {
  const { name, options } = generateCommand;
  return readGenerateRequest(parseArguments(words, { name, options, maximumPositionals: 1 }));
}

describe("readGenerateRequest", () => {
  it("asks for one image of the model that ships, from a seed that it draws", () => {
    const request = read();
    expect(request).toMatchObject({
      model: undefined,
      classLabels: undefined,
      isSeedDrawn: true,
      batchSize: 1,
      numInferenceSteps: undefined,
      timesteps: undefined,
      out: undefined,
    });
    const [seed = -1n] = request.seeds;
    expect(seed >= 0n && seed < 2n ** 32n).toBe(true);
    expect(read().seeds).not.toEqual(request.seeds);
  });

  it("reads every option", () => {
    expect(
      read("a/b", "--class-label", "1,2", "--seed=5", "--timesteps", "22,0", "--grid", "2", "-o", "x/y.PNG"),
    ).toMatchObject({
      model: "a/b",
      classLabels: [1, 2],
      seeds: [5n],
      isSeedDrawn: false,
      timesteps: [22, 0],
      gridColumns: 2,
      batchSize: 2,
      out: "x/y.PNG",
    });
    expect(read("--steps", "3", "--threads", "1", "--batch-size", "4")).toMatchObject({
      numInferenceSteps: 3,
      threads: 1,
      batchSize: 4,
    });
  });

  it("takes classes by number, range and name", () => {
    const { classLabels, batchSize } = read("--class-label", "fox, red apple,2-3", "--class-label", "7up");
    expect(classLabels).toEqual(["fox", "red apple", 2, 3, "7up"]);
    expect(batchSize).toBe(5);
  });

  it("makes an image for each seed", () => {
    expect(read("--seed", "1,2", "--seed", "3", "--class-label", "4").batchSize).toBe(3);
  });

  it.each([
    [["--steps", "2", "--timesteps", "22,0"], "--steps and --timesteps exclude each other"],
    [["--steps", "0"], '--steps: found "0", expected an integer from 1 to 10000.'],
    [["--batch-size", "many"], '--batch-size: found "many"'],
    [["--grid", "-1"], '--grid: found "-1"'],
    [["--seed", "0.5"], '--seed: found "0.5", expected an integer from -2^63 to 2^64 - 1.'],
    [["--class-label", "1.5"], '--class-label: found "1.5", expected an integer.'],
    [["--class-label", "fox,,pizza"], "--class-label: found nothing between two commas"],
    [
      ["--out", "a.gif"],
      '--out: found "a.gif", expected the name of a file that ends in .png, .jpg, .jpeg or .webp',
    ],
    [["--out", "folder/.png"], "expected the name of a file that ends in .png"],
    [["--scale", "1.5"], '--scale: found "1.5"'],
  ])("refuses %j", (words, message) => {
    expect(() => read(...words)).toThrow(UsageError);
    expect(() => read(...words)).toThrow(message);
  });
});
