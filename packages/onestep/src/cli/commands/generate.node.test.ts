import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RasterImage, TorchGenerator } from "@onestep/core";
import emoji32 from "@onestep/emoji32/reference-outputs.json" with { type: "json" };
import { ConsistencyModelPipeline, DDPMPipeline } from "@onestep/pipelines";
import {
  DDIMScheduler,
  EDMEulerScheduler,
  EulerDiscreteScheduler,
  schedulerClasses,
} from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ddpmFolder } from "../__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import { chooseScheduler } from "./generate.ts";

const folder = temporaryFolder();
let pipe: ConsistencyModelPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained();
});

afterAll(async () => {
  await pipe.dispose();
});

async function generate(...words: string[]) {
  const result = await runOnestep(["generate", ...words], { folder: folder() });
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

/** The text chunk `parameters` of a PNG. */
async function parametersOf(name: string): Promise<string | undefined> {
  const png = await readFile(join(folder(), name));
  const found = png.indexOf("tEXtparameters\0");
  if (found === -1) return undefined;
  const start = found + "tEXtparameters\0".length;
  return png.toString("latin1", start, found + 4 + png.readUInt32BE(found - 4));
}

async function readImage(name: string): Promise<RasterImage> {
  return RasterImage.fromPng(await readFile(join(folder(), name)));
}

describe("onestep generate", () => {
  it.each([
    [["--class-label", "0", "--seed", "0"], emoji32.images["one step"].output],
    [["--class-label=fox", "--seed=7", "--steps", "1"], emoji32.images["another class and seed"].output],
    [["--class-label", "penguin", "--seed", "3", "--timesteps", "17,0"], emoji32.images["two steps"].output],
  ])("%j makes the image that diffusers makes", async (words, expected) => {
    const { stdout } = await generate(...words, "--out", "image.png");
    expect(stdout).toBe("image.png\n");
    const { width, height, data } = await readImage("image.png");
    expect([1, height, width, 3]).toEqual(expected.shape);
    // A pixel is rounded to a multiple of 1/255, which moves it by half of that; the rest is float32 in another order.
    const tolerance = 0.5 / 255 + 1e-4;
    const pixels = Array.from(data, (value) => value / 255);
    for (const [index, value] of expected.every257th.entries()) {
      expect(Math.abs((pixels[257 * index] ?? 0) - value)).toBeLessThan(tolerance);
    }
    for (const [index, value] of expected.last.entries()) {
      expect(Math.abs((pixels.at(index - expected.last.length) ?? 0) - value)).toBeLessThan(tolerance);
    }
    const sum = pixels.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum - expected.sum)).toBeLessThan(tolerance * pixels.length);
  });

  it("makes the pixels of the API for the same batch, one generator for all", async () => {
    await generate("--class-label", "2-4", "--seed", "11", "--out", "x.png");
    const { images } = await pipe.generate({ classLabels: [2, 3, 4], seed: 11 });
    for (const [index, image] of images.entries()) {
      expect((await readImage(`x-${index}.png`)).data).toEqual(image.data);
    }
    expect(images.length).toBe(3);
  });

  it("makes the pixels of the API for a seed per image, in a grid", async () => {
    const { stderr } = await generate(
      ...["--class-label", "9", "--seed", "5,18446744073709551615,-3", "--timesteps", "22,0"],
      ...["--grid", "2", "--out", "grid.png"],
    );
    expect(stderr).toContain("Step 2 of 2\n");
    expect(stderr).not.toContain("Seed");
    const { images } = await pipe.generate({
      classLabels: 9,
      timesteps: [22, 0],
      generator: [5n, 18446744073709551615n, -3n].map((seed) => new TorchGenerator(seed)),
    });
    const grid = RasterImage.grid(images, { columns: 2 });
    expect([grid.width, grid.height]).toEqual([64, 64]);
    expect((await readImage("grid.png")).data).toEqual(grid.data);
  });

  it("tells the seed that it drew, so that the image can be made again", async () => {
    const first = await generate("--class-label", "3");
    const [, seed = ""] = /^Seed: (\d+) \(reuse it with --seed \1\)$/m.exec(first.stderr) ?? [];
    const second = await generate("--class-label", "3", "--seed", seed);
    expect([first.stdout, second.stdout]).toEqual(["onestep.png\n", "onestep-2.png\n"]);
    expect((await readImage("onestep-2.png")).data).toEqual((await readImage("onestep.png")).data);
  });

  it("writes what made an image into the PNG, unless it is not to", async () => {
    const words = ["--class-label", "fox", "--seed", "5", "--timesteps", "22,0"];
    await generate(...words, "--scale", "2", "-o", "a.png");
    expect(await parametersOf("a.png")).toBe(
      `fox\nSteps: 2, Timesteps: "22, 0", Sampler: CMStochasticIterative, Seed: 5, Size: 32x32, Model: emoji32, Class: ${pipe.labels["fox"]}`,
    );
    await generate(...words, "--batch-size", "2", "-o", "b.png");
    expect(await parametersOf("b-1.png")).toMatch(/Seed: 5,.* Batch size: 2, Batch pos: 1$/);
    await generate(...words, "--no-metadata", "-o", "c.png");
    expect(await parametersOf("c.png")).toBeUndefined();
  });

  it("saves JPEG and WebP, enlarged, by the ending of the name", async () => {
    const words = ["--class-label", "fox", "--seed", "7", "--scale", "3"];
    const [plain] = (await pipe.generate({ classLabels: "fox", seed: 7 })).images;
    for (const [name, tolerance] of [
      ["a.png", 0],
      ["a.webp", 0],
      ["a.jpeg", 40],
    ] as const) {
      expect((await generate(...words, "-o", name)).stdout).toBe(`${name}\n`);
      const { width, height, data } = await RasterImage.decode(await readFile(join(folder(), name)));
      expect([width, height]).toEqual([96, 96]);
      for (const [index, value] of plain?.data.entries() ?? []) {
        const [row, column] = [Math.floor(index / 96), Math.floor(index / 3) % 32];
        const at = 3 * (96 * (3 * row + 1) + 3 * column + 1) + (index % 3);
        expect(Math.abs((data[at] ?? 0) - value)).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  it("refuses a scale that makes an image too large, before anything is computed", async () => {
    const words = ["generate", "--scale", "300", "-o", "a.png"];
    const { exitCode, stderr } = await runOnestep(words, { folder: folder() });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("--scale: found 300 for images of 32x32 pixels, expected at most 256.");
  });

  it("replaces a file that is named", async () => {
    await writeFile(join(folder(), "a.png"), "old");
    await generate("--out", "a.png");
    expect((await readImage("a.png")).width).toBe(32);
  });

  it("describes what it did with --json, and writes nothing else with --quiet", async () => {
    const { stdout, stderr } = await generate(
      ...["--json", "--quiet", "--class-label", "7", "--seed", "9007199254740993", "--batch-size", "2"],
      ...["--scheduler", "EDMEulerScheduler", "--steps", "3", "--threads", "1", "-o", "b.png"],
    );
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      files: ["b-0.png", "b-1.png"],
      model: "@onestep/emoji32",
      device: "cpu",
      seeds: ["9007199254740993"],
      classLabels: [7, 7],
      classNames: ["cat face", "cat face"],
      timesteps: null,
      steps: 3,
      width: 32,
      height: 32,
      milliseconds: { load: expect.any(Number), generate: expect.any(Number), save: expect.any(Number) },
    });
    expect((await readdir(folder())).sort()).toEqual(["b-0.png", "b-1.png"]);
  });

  it("says which class it drew, and draws it again with the seed", async () => {
    const first = await generate("--seed", "6", "-o", "a.png");
    const [, name = "", id] =
      /^Class ([a-z -]+) \((\d+)\), drawn at random: choose/m.exec(first.stderr) ?? [];
    expect(pipe.labels[name]).toBe(Number(id));
    const { stdout, stderr } = await generate("--seed", "6", "--json", "--batch-size", "2", "-o", "b.png");
    expect(JSON.parse(stdout)).toMatchObject({
      classLabels: [expect.any(Number), expect.any(Number)],
      classNames: [expect.any(String), expect.any(String)],
    });
    expect(stderr).toMatch(/^Classes .+ \(\d+\), .+ \(\d+\), drawn at random/m);
    const named = await generate("--seed", "6", "--class-label", name, "-o", "c.png");
    expect(named.stderr).not.toContain("drawn");
    expect((await readImage("c.png")).data).toEqual((await readImage("a.png")).data);
  });

  it.each([
    ["foks", '--class-label: found "foks", expected the number or the name of a class.'],
    ["Foxx", "Did you mean fox?"],
    ["fox,apple", "Did you mean red apple?"],
    ["heart", "Did you mean smiling face with heart-eyes or red heart?"],
    ["30", "found 30, expected an integer from 0 to 29"],
  ])("refuses the class %s", async (label, message) => {
    const result = await runOnestep(["generate", "--class-label", label], { folder: folder() });
    expect(result.stderr).toContain(message);
    expect([2, 3]).toContain(result.exitCode);
    expect(await readdir(folder())).toEqual([]);
  });

  it("takes the names of classes in any case, and says what was made", async () => {
    const { stderr } = await generate("--class-label", "FOX,Red Apple", "--seed", "7", "-o", "a.png");
    expect(stderr).toMatch(/^2 images of 32x32 .*: fox \(\d+\), red apple \(\d+\); loaded in/m);
    const named = await generate("--class-label", "fox,red apple", "--seed", "7", "-o", "b.png");
    expect(named.stdout).toBe("b-0.png\nb-1.png\n");
    for (const index of [0, 1]) {
      expect((await readImage(`a-${index}.png`)).data).toEqual((await readImage(`b-${index}.png`)).data);
    }
  });

  it("takes the names of classes from a file, where the model has none", async () => {
    const words = ["index.json", "list.json", "lines.txt", "broken.json"];
    const names = Array.from({ length: 30 }, (_, id) => `name ${id}`);
    names[3] = "crane";
    names[5] = "crane";
    names[11] = "Heron, Crane bird";
    names[12] = "heron, egret";
    const keras = Object.fromEntries(names.map((name, id) => [id, [`n0${id}`, name]]));
    const contents = [JSON.stringify(keras), JSON.stringify(names), names.join("\n"), '{"0": 1}'];
    for (const [index, word] of words.entries()) await writeFile(join(folder(), word), contents[index] ?? "");
    for (const word of words.slice(0, 3)) {
      const options = ["--id2label", word, "--class-label", "name 8", "--seed", "7", "--json", "-o", "a.png"];
      expect(JSON.parse((await generate(...options)).stdout).classLabels).toEqual([8]);
    }
    const wnid = ["--id2label", "index.json", "--class-label", "n03", "--seed", "7", "--json", "-o", "a.png"];
    expect(JSON.parse((await generate(...wnid)).stdout).classLabels).toEqual([3]);
    const refused = async (file: string, label: string): Promise<string> => {
      const options = ["generate", "--id2label", file, "--class-label", label, "-o", "b.png"];
      const result = await runOnestep(options, { folder: folder() });
      expect(result.exitCode).toBe(2);
      return result.stderr;
    };
    expect(await refused("list.json", "crane")).toContain("which can mean the classes 3 and 5");
    expect(await refused("list.json", "HERON")).toContain(
      "which can mean the classes 11 and 12 (11 is Heron, Crane bird; 12 is heron, egret)",
    );
    expect(await refused("broken.json", "0")).toContain('found 1 as the name of class 0 in "broken.json"');
    expect(await refused("none.json", "0")).toContain('--id2label: cannot read "none.json"');
    expect(await readdir(folder())).not.toContain("b.png");
  });

  it("loads a folder", async () => {
    await pipe.savePretrained(join(folder(), "model"));
    const { stdout } = await generate("./model", "--json", "--class-label", "0", "--seed", "0");
    expect(JSON.parse(stdout)).toMatchObject({ model: "./model", seeds: [0], classLabels: [0] });
    const { images } = await pipe.generate({ classLabels: 0, seed: 0 });
    expect((await readImage("onestep.png")).data).toEqual(images[0]?.data);
  });

  it("makes the pixels of the API with a DDPM, by its own scheduler and by another", async () => {
    await using ddpm = await DDPMPipeline.fromPretrained(ddpmFolder);
    const own = await generate(ddpmFolder, "--seed", "0", "--steps", "5", "-o", "a.png");
    expect(own.stderr).toContain("Step 5 of 5\n");
    const first = await ddpm.generate({ seed: 0, numInferenceSteps: 5 });
    expect((await readImage("a.png")).data).toEqual(first.images[0]?.data);
    const words = ["--seed", "0", "--steps", "3", "--scheduler", "ddim", "--json", "-o", "b.png"];
    expect(JSON.parse((await generate(ddpmFolder, ...words)).stdout)).toMatchObject({ steps: 3, width: 16 });
    ddpm.scheduler = DDIMScheduler.fromConfig(ddpm.scheduler.config);
    const second = await ddpm.generate({ seed: 0, numInferenceSteps: 3 });
    expect((await readImage("b.png")).data).toEqual(second.images[0]?.data);
  });

  it("refuses class labels for a model without classes with 3", async () => {
    const words = ["generate", ddpmFolder, "--class-label", "1", "--steps", "2"];
    const { exitCode, stderr } = await runOnestep(words, { folder: folder() });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("found 1 for a model without classes, expected no --class-label");
    expect(await readdir(folder())).toEqual([]);
  });

  it("warns of a scheduler that does not fit the model", async () => {
    const { stderr } = await generate("--scheduler", "ddpm", "--steps", "1", "--seed", "0");
    expect(stderr).toContain("DDPMScheduler does not fit the model of this ConsistencyModelPipeline");
  });

  it("saves the image although nobody reads its name", async () => {
    const words = ["generate", "--seed", "0", "--out", "a.png"];
    const result = await runOnestep(words, { folder: folder(), closeStdout: true });
    expect(result).toMatchObject({ exitCode: 0, signal: null });
    expect((await readImage("a.png")).width).toBe(32);
  });
});

describe("generate", () => {
  const choose = (name: string | undefined) => chooseScheduler(name, schedulerClasses);

  it("finds the class that is named", () => {
    expect(choose("EDMEulerScheduler")).toBe(EDMEulerScheduler);
    expect(choose(undefined)).toBeUndefined();
  });

  it.each([
    ["euler-discrete", EulerDiscreteScheduler],
    ["euler_discrete_scheduler", EulerDiscreteScheduler],
    ["ddim", DDIMScheduler],
    ["DDIM", DDIMScheduler],
  ])("finds what %s is short for", (name, schedulerClass) => {
    expect(choose(name)).toBe(schedulerClass);
  });

  it("refuses other names and suggests one", () => {
    expect(() => choose("EDMEulerSheduler")).toThrow(UsageError);
    expect(() => choose("EDMEulerSheduler")).toThrow("Did you mean EDMEulerScheduler?");
    expect(() => choose("euler-discret")).toThrow("Did you mean EulerDiscreteScheduler?");
    expect(() => choose("best")).toThrow(
      '--scheduler: found "best", expected one of CMStochasticIterativeScheduler, ',
    );
  });
});
