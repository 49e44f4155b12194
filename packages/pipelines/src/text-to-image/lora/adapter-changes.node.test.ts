import { InvalidArgumentError } from "@onestep/core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { loraFile, readSafetensorsContent } from "../__fixtures__/changed-repository.ts";
import { textFile } from "../__fixtures__/golden-call.ts";
import { draw, failure, fox, sd15, sdxl, warnings } from "../__fixtures__/small-pipelines.ts";
import { StableDiffusionImg2ImgPipeline } from "../stable-diffusion-pipeline.ts";

let base: Float32Array;
/** Files for some layers, since each layer adds to the time that a session takes to start. */
let style: string;
let other: string;

async function forSomeLayers(path: string): Promise<string> {
  const { tensors, metadata } = await readSafetensorsContent(path);
  const some = [...tensors].filter(([name]) => /mid_block|layers[._]0[._]self_attn[._]q_proj/.test(name));
  return loraFile({ tensors: new Map(some), metadata });
}

beforeAll(async () => {
  style = await forSomeLayers("lora-tiny-kohya/tiny_style.safetensors");
  other = await forSomeLayers("lora-tiny-diffusers/pytorch_lora_weights.safetensors");
  base = await draw(await sd15);
}, 60_000);

afterEach(async () => {
  for (const pipe of [await sd15, await sdxl]) {
    pipe.unfuseLora();
    pipe.unloadLoraWeights();
    pipe.unloadTextualInversion();
  }
});

describe("adapters that are loaded, fused and removed", () => {
  it.each<[string, (pipe: Awaited<typeof sd15>) => Promise<void> | void]>([
    ["unload", (pipe) => pipe.unloadLoraWeights()],
    [
      "fuse, unfuse, unload",
      (pipe) => {
        pipe.fuseLora();
        pipe.unfuseLora();
        pipe.unloadLoraWeights();
      },
    ],
    [
      "fuse, unload, unfuse",
      async (pipe) => {
        pipe.fuseLora();
        pipe.unloadLoraWeights();
        expect(await draw(pipe)).not.toEqual(base);
        pipe.unfuseLora();
      },
    ],
    [
      "fuse, load and fuse another, unload, unfuse",
      async (pipe) => {
        pipe.fuseLora({ adapterNames: "style" });
        await pipe.loadLoraWeights(other, { adapterName: "other" });
        pipe.fuseLora({ loraScale: 0.5 });
        pipe.unloadLoraWeights();
        pipe.unfuseLora();
      },
    ],
    [
      "weights 0.5 and 0, delete",
      async (pipe) => {
        pipe.setAdapters("style", { adapterWeights: 0.5 });
        expect(await draw(pipe)).not.toEqual(base);
        pipe.setAdapters("style", { adapterWeights: 0 });
        expect(await draw(pipe)).toEqual(base);
        pipe.deleteAdapters("style");
      },
    ],
    [
      "none active, unload",
      async (pipe) => {
        pipe.setAdapters([]);
        expect(await draw(pipe)).toEqual(base);
        pipe.unloadLoraWeights();
      },
    ],
  ])("%s: the bytes from before", async (_what, change) => {
    const pipe = await sd15;
    await pipe.loadLoraWeights(style, { adapterName: "style" });
    expect(await draw(pipe)).not.toEqual(base);
    await change(pipe);
    expect(await draw(pipe)).toEqual(base);
    expect(pipe.adapterNames).toEqual([]);
  });

  it("another that is loaded after fusing and removed leaves the fused one as it was", async () => {
    const pipe = await sd15;
    await pipe.loadLoraWeights(style, { adapterName: "style" });
    pipe.fuseLora();
    const fused = await draw(pipe);
    await pipe.loadLoraWeights(other, { adapterName: "other" });
    expect(await draw(pipe)).not.toEqual(fused);
    pipe.deleteAdapters("other");
    expect(await draw(pipe)).toEqual(fused);
  });

  it("weights that come back give the image from before", async () => {
    const pipe = await sd15;
    await pipe.loadLoraWeights(style, { adapterName: "style" });
    const whole = await draw(pipe);
    pipe.setAdapters("style", { adapterWeights: 0.5 });
    const half = await draw(pipe);
    pipe.setAdapters("style");
    expect(await draw(pipe)).toEqual(whole);
    expect(half).not.toEqual(whole);
    expect(await draw(pipe, { crossAttentionKwargs: { scale: 0.5 } })).toEqual(half);
    expect(await draw(pipe, { crossAttentionKwargs: { scale: 0 } })).toEqual(base);
  });

  it("a call under way keeps the adapters that it began with", async () => {
    const pipe = await sd15;
    await pipe.loadLoraWeights(style, { adapterName: "style" });
    const whole = await draw(pipe, { numInferenceSteps: 4 });
    const meanwhile = await draw(pipe, {
      numInferenceSteps: 4,
      onStepEnd: ({ step }) => {
        if (step === 1) pipe.unloadLoraWeights();
      },
    });
    expect(meanwhile).toEqual(whole);
    expect(await draw(pipe)).toEqual(base);
  });

  it("pipelines with the same models share them", async () => {
    const pipe = await sd15;
    const second = StableDiffusionImg2ImgPipeline.fromPipe(pipe);
    await second.loadLoraWeights(style, { adapterName: "style" });
    expect(pipe.adapterNames).toEqual(["style"]);
    second.unloadLoraWeights();
    expect(await draw(pipe)).toEqual(base);
  });

  it("a file that fails changes nothing", async () => {
    const pipe = await sd15;
    const content = await readSafetensorsContent("lora-tiny-kohya/tiny_style.safetensors");
    const up = [...content.tensors.keys()].find((name) => name.endsWith("lora_up.weight"));
    content.tensors.delete(up ?? "");
    await expect(pipe.loadLoraWeights(await loraFile(content))).rejects.toThrow();
    await expect(pipe.loadLoraWeights("/no such/folder")).rejects.toThrow();
    expect(pipe.adapterNames).toEqual([]);
    expect(await draw(pipe)).toEqual(base);
  });
});

describe("options and names that are wrong", () => {
  it.each<[string, (pipe: Awaited<typeof sd15>) => unknown, string]>([
    [
      "loadLoraWeights",
      (pipe) => pipe.loadLoraWeights(style, { adapter_name: "a" } as object),
      "`adapterName`",
    ],
    [
      "loadLoraWeights",
      (pipe) => pipe.loadLoraWeights(style, { weight: "a" } as object),
      "no option `weight`",
    ],
    ["fuseLora", (pipe) => pipe.fuseLora({ lora_scale: 2 } as object), "`loraScale`"],
    ["setAdapters", (pipe) => pipe.setAdapters([], { adapter_weights: 2 } as object), "`adapterWeights`"],
    [
      "loadTextualInversion",
      (pipe) => pipe.loadTextualInversion(style, { tokens: "a" } as object),
      "`token`",
    ],
    ["setAdapters", (pipe) => pipe.setAdapters(["style", "style"]), "twice"],
    ["setAdapters", (pipe) => pipe.setAdapters("style", { adapterWeights: [1, 2] }), "adapterWeights"],
    ["setAdapters", (pipe) => pipe.setAdapters("style", { adapterWeights: Number.NaN }), "adapterWeights"],
    ["setAdapters", (pipe) => pipe.setAdapters("style", { adapterWeights: "1" as never }), "adapterWeights"],
    ["setAdapters", (pipe) => pipe.setAdapters(5 as never), "adapterNames"],
    ["fuseLora", (pipe) => pipe.fuseLora({ adapterNames: ["none"] }), "adapterNames"],
    ["fuseLora", (pipe) => pipe.fuseLora({ loraScale: Number.POSITIVE_INFINITY }), "loraScale"],
    ["deleteAdapters", (pipe) => pipe.deleteAdapters("none"), "adapterNames"],
  ])("%s", async (_name, call, part) => {
    const pipe = await sd15;
    await pipe.loadLoraWeights(style, { adapterName: "style" });
    const error = await failure((async () => call(pipe))());
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain(part);
    pipe.unloadLoraWeights();
    expect(await draw(pipe)).toEqual(base);
  });

  it("null is the default", async () => {
    const pipe = await sd15;
    const options = { adapterName: null, weightName: null, subfolder: null } as object;
    expect(await pipe.loadLoraWeights(style, options)).toBe("default_0");
    pipe.fuseLora({ loraScale: null, adapterNames: null } as object);
    pipe.unfuseLora();
    pipe.setAdapters("default_0", { adapterWeights: null } as object);
    expect(pipe.activeAdapters).toEqual(["default_0"]);
  });
});

describe("textual inversion", () => {
  const inversion = (name: string): URL => textFile(`textual-inversion-tiny/${name}`);

  it("of Stable Diffusion XL goes to both encoders, leaves both, and comes again", async () => {
    const pipe = await sdxl;
    const before = await draw(pipe);
    const prompt = "a <two> fox";
    const without = await draw(pipe, { prompt });
    const load = (): Promise<string> =>
      pipe.loadTextualInversion(inversion("sdxl.safetensors"), { token: "<two>" });
    await load();
    const first = await draw(pipe, { prompt });
    expect(first).not.toEqual(without);
    await expect(load()).rejects.toThrow(/already/);
    pipe.unloadTextualInversion("<two>");
    expect(await draw(pipe)).toEqual(before);
    expect(await draw(pipe, { prompt })).toEqual(without);
    await load();
    expect(await draw(pipe, { prompt })).toEqual(first);
  });

  it.each([
    ["sdxl.safetensors", "sd15", "<t>"],
    ["one-vector", "sdxl", "<t>"],
    ["bare.safetensors", "sdxl", "<t>"],
  ])("%s is refused by %s with both widths, and nothing is added", async (file, name, token) => {
    const pipe = name === "sdxl" ? await sdxl : await sd15;
    const prompt = `a ${token} fox`;
    const before = await draw(pipe, { prompt });
    const error = await failure(pipe.loadTextualInversion(inversion(file), { token }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toMatch(/width \d+, expected \d+/);
    expect(await draw(pipe, { prompt })).toEqual(before);
  });

  it("vectors for one of two encoders are used there, with a warning; for an encoder that is not here, with another", async () => {
    const { tensors } = await readSafetensorsContent("textual-inversion-tiny/sdxl.safetensors");
    const [left, right] = [...tensors];
    const half = await loraFile({ tensors: new Map([right as never]), metadata: undefined });
    const pipe = await sdxl;
    const before = await draw(pipe, { prompt: "a <half> fox" });
    await pipe.loadTextualInversion(half, { token: "<half>" });
    expect(warnings).toHaveLength(1);
    expect(await draw(pipe, { prompt: "a <half> fox" })).not.toEqual(before);
    pipe.unloadTextualInversion();
    expect(await draw(pipe, { prompt: "a <half> fox" })).toEqual(before);
    expect(left?.[0]).toBe("clip_g");
  });

  it("the token is what the file says, whatever its name", async () => {
    const pipe = await sd15;
    const { readFile, writeFile, mkdtemp, rm } = await import("node:fs/promises");
    const folder = await mkdtemp("/tmp/onestep-inversion-");
    await writeFile(`${folder}/other.pt`, await readFile(inversion("automatic1111.pt")));
    const token = await pipe.loadTextualInversion(`${folder}/other.pt`);
    await rm(folder, { recursive: true });
    expect(token).not.toBe("other");
    expect(pipe.tokenizer.encodePadded(token, 77).inputIds).not.toEqual(
      pipe.tokenizer.encodePadded("other", 77).inputIds,
    );
    expect(pipe.tokenizer.addedEmbeddings?.shape[1]).toBe(24);
    pipe.unloadTextualInversion();
    expect(pipe.tokenizer.addedEmbeddings).toBeUndefined();
  });

  it("a name that only AUTOMATIC1111 gives its vectors is no token", async () => {
    const { tensors } = await readSafetensorsContent("textual-inversion-tiny/bare.safetensors");
    const [entry] = [...tensors.values()];
    for (const name of ["emb_params", "*"]) {
      const file = await loraFile({ tensors: new Map([[name, entry as never]]), metadata: undefined });
      expect((await failure((await sd15).loadTextualInversion(file))).message).toContain("token");
    }
  });

  it("each occurrence is its vectors once, and the names of its vectors stay single", async () => {
    const pipe = await sd15;
    const ids = (text: string): readonly number[] => pipe.tokenizer.encodePadded(text, 77).inputIds;
    await pipe.loadTextualInversion(inversion("three-vectors"), { token: "<harbor>" });
    const added = ids("<harbor>, x, <harbor>").filter((id) => id >= 1000);
    expect(added).toEqual([1000, 1001, 1002, 1000, 1001, 1002]);
    expect(ids("<harbor>_1").filter((id) => id >= 1000)).toEqual([1001]);
    await expect(pipe.loadTextualInversion(inversion("one-vector"), { token: "<harbor>_2" })).rejects.toThrow(
      /already/,
    );
    await expect(pipe.loadTextualInversion(inversion("one-vector"), { token: "<HARBOR>" })).rejects.toThrow(
      /already/,
    );
    await pipe.loadTextualInversion(inversion("one-vector"), { token: "<harbor>x" });
    expect(ids("a <harbor>x").filter((id) => id >= 1000)).toEqual([1003]);
    await pipe.loadTextualInversion(inversion("one-vector"), { token: "ember" });
    expect(ids("ember ember").filter((id) => id >= 1000)).toEqual([1004, 1004]);
  });

  it("more vectors than a prompt has tokens are cut off with a warning", async () => {
    const { tensors } = await readSafetensorsContent("textual-inversion-tiny/bare.safetensors");
    const data = Float32Array.from({ length: 80 * 24 }, (_, index) => Math.sin(index));
    const entry = { dtype: "F32", shape: [80, 24], bytes: new Uint8Array(data.buffer) };
    expect(tensors.size).toBe(1);
    const file = await loraFile({ tensors: new Map([["<long>", entry]]), metadata: undefined });
    const pipe = await sd15;
    expect(await pipe.loadTextualInversion(file)).toBe("<long>");
    await draw(pipe, { prompt: `<long> ${fox}` });
    expect(warnings.filter((message) => message.includes("cut off"))).toHaveLength(1);
  });
});
