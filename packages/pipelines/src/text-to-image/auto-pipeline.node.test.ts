import { UnsupportedError } from "@onestep/core";
import { afterAll, describe, expect, it } from "vitest";
import type { DiffusionPipelineBase } from "../pipeline.ts";
import goldens from "./__fixtures__/auto-pipeline.json" with { type: "json" };
import { textFile } from "./__fixtures__/golden-call.ts";
import {
  type AutoPipeline,
  AutoPipelineForImage2Image,
  AutoPipelineForInpainting,
  AutoPipelineForText2Image,
  findPromptPipelineClass,
  promptPipelineClasses,
} from "./auto-pipeline.ts";

type Picks = Readonly<Record<string, string | { readonly error: string }>>;

const tasks = {
  AutoPipelineForText2Image: { auto: AutoPipelineForText2Image, task: "text" },
  AutoPipelineForImage2Image: { auto: AutoPipelineForImage2Image, task: "image" },
  AutoPipelineForInpainting: { auto: AutoPipelineForInpainting, task: "inpainting" },
} as const;

const ours = promptPipelineClasses.map(({ className }) => className);

/** What Python picks; undefined where it picks nothing, or a class that is not here. */
function picked(pick: Picks[string] | undefined): string | undefined {
  return typeof pick === "string" && ours.includes(pick) ? pick : undefined;
}

function pairs(golden: Readonly<Record<string, Picks>>) {
  return Object.entries(golden).flatMap(([from, picks]) =>
    Object.entries(tasks).map(([name, { auto, task }]) => ({
      from,
      name,
      auto: auto as AutoPipeline<DiffusionPipelineBase>,
      task,
      expected: picked(picks[name]),
    })),
  );
}

const opened = new Map<string, Promise<DiffusionPipelineBase>>();

function open(folder: string): Promise<DiffusionPipelineBase> {
  const pipe =
    opened.get(folder) ?? AutoPipelineForText2Image.fromPretrained(textFile(`${folder}/`), { threads: 1 });
  opened.set(folder, pipe);
  return pipe;
}

afterAll(async () => {
  for (const pipe of opened.values()) await (await pipe).dispose();
});

describe("the class that Python picks", () => {
  it.each(pairs(goldens.byClassName as never))("$name of a $from: $expected", ({ from, task, expected }) => {
    expect(findPromptPipelineClass(from, task)?.className).toBe(expected);
  });

  it.each(pairs(goldens.fromPretrained as never))("$name of $from", async ({ from, auto, expected }) => {
    const loading = auto.fromPretrained(textFile(`${from}/`), { threads: 1 });
    if (expected === undefined) return expect(loading).rejects.toThrow(UnsupportedError);
    const pipe = await loading;
    expect(pipe.className).toBe(expected);
    await pipe.dispose();
  });

  it.each(pairs(goldens.fromPipe as never))("$name from a $from", async ({ from, auto, expected }) => {
    const folder = from.startsWith("Latent") ? "lcm-tiny" : from.includes("XL") ? "sdxl-tiny" : "sd15-tiny";
    const family = promptPipelineClasses.find(({ className }) => className === from);
    const pipe = (family as unknown as AutoPipeline<DiffusionPipelineBase>).fromPipe(await open(folder));
    if (expected === undefined) return expect(() => auto.fromPipe(pipe)).toThrow(UnsupportedError);
    expect(auto.fromPipe(pipe).className).toBe(expected);
  });
});
