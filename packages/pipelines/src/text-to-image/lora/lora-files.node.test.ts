import { InvalidArgumentError, OnestepError } from "@onestep/core";
import { CheckpointError } from "@onestep/models";
import { afterEach, describe, expect, it } from "vitest";
import {
  changedRepository,
  loraFile,
  readSafetensorsContent,
  type SafetensorsContent,
  writeSafetensorsContent,
} from "../__fixtures__/changed-repository.ts";
import { textFile } from "../__fixtures__/golden-call.ts";
import { draw, failure, load, open, sd15, sdxl } from "../__fixtures__/small-pipelines.ts";
import { StableDiffusionPipeline } from "../stable-diffusion-pipeline.ts";
import { type LoraTarget, openLora, readLora } from "./load-lora.ts";
import type { LoraComponent } from "./lora-names.ts";

const kohya = "lora-tiny-kohya/tiny_style.safetensors";
const plain = "lora-tiny-diffusers/pytorch_lora_weights.safetensors";

type Pipe = Awaited<typeof sd15> | Awaited<typeof sdxl>;

afterEach(async () => {
  for (const pipe of [await sd15, await sdxl]) {
    pipe.unfuseLora();
    pipe.unloadLoraWeights();
  }
});

function targetsOf(pipe: Pipe): Map<LoraComponent, LoraTarget> {
  const { unet, textEncoder, textEncoder2 } = pipe.components as unknown as Record<
    string,
    { readonly adapterTargets: LoraTarget["targets"] } | undefined
  >;
  return new Map<LoraComponent, LoraTarget>([
    [
      "unet",
      { targets: unet?.adapterTargets ?? new Map(), layersPerBlock: textEncoder2 === undefined ? 2 : 1 },
    ],
    ["text_encoder", { targets: textEncoder?.adapterTargets ?? new Map() }],
    ...(textEncoder2 === undefined
      ? []
      : [["text_encoder_2", { targets: textEncoder2.adapterTargets }] as const]),
  ]);
}

function floats(shape: readonly number[], value: (index: number) => number): TensorEntry {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: size }, (_, index) => value(index));
  return { dtype: "F32", shape, bytes: new Uint8Array(data.buffer) };
}

type TensorEntry = SafetensorsContent["tensors"] extends Map<string, infer Entry> ? Entry : never;

function valuesOf({ bytes }: TensorEntry): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Matrices of rank 2 for layers, under kohya's names. */
function kohyaFile(
  prefix: string,
  modules: readonly (readonly [string, readonly number[]])[],
): SafetensorsContent["tensors"] {
  const wave = (phase: number) => (index: number) => 0.3 * Math.sin(1.7 * index + phase);
  const entries = modules.flatMap(([module, [out = 0, ...inShape]]): [string, TensorEntry][] => {
    const name = `${prefix}${module.replaceAll(".", "_")}`;
    const ones = inShape.slice(1).map(() => 1);
    return [
      [`${name}.lora_down.weight`, floats([2, ...inShape], wave(1))],
      [`${name}.lora_up.weight`, floats([out, 2, ...ones], wave(2))],
      [`${name}.alpha`, floats([], () => 1)],
    ];
  });
  return new Map(entries);
}

describe("every array of a file is used", () => {
  it.each([
    [kohya, "sd15"],
    [plain, "sd15"],
    ["lora-tiny-diffusers-5/pytorch_lora_weights.safetensors", "sd15"],
    ["lora-tiny-kohya-mixed/tiny_mixed.safetensors", "sd15"],
    ["lora-tiny-sdxl-kohya/tiny_xl.safetensors", "sdxl"],
  ])("%s", async (path, name) => {
    const { tensors } = await readSafetensorsContent(path);
    const layers = await readLora(textFile(path), targetsOf(name === "sdxl" ? await sdxl : await sd15), {});
    const alphas = [...tensors.keys()].filter((key) => key.endsWith(".alpha")).length;
    const count = [...layers.values()].reduce((sum, { length }) => sum + length, 0);
    expect(2 * count + alphas).toBe(tensors.size);
  });

  it.each([
    ["sd15", "unet", "lora_unet_"],
    ["sd15", "text_encoder", "lora_te_"],
    ["sdxl", "unet", "lora_unet_"],
    ["sdxl", "text_encoder", "lora_te1_"],
    ["sdxl", "text_encoder_2", "lora_te2_"],
  ] as const)("of all linear layers and convolutions: %s, %s", async (name, component, prefix) => {
    const targets = targetsOf(name === "sdxl" ? await sdxl : await sd15);
    const own = [...(targets.get(component)?.targets ?? [])];
    const file = await loraFile({ tensors: kohyaFile(prefix, own), metadata: undefined });
    const layers = await readLora(file, targets, {});
    const modules = (layers.get(component) ?? []).map(({ module }) => module);
    expect(modules.sort()).toEqual(own.map(([module]) => module).sort());
    expect(own.length).toBeGreaterThan(10);
    for (const special of ["conv_in", "conv_out", "time_embedding.linear_1"]) {
      if (component === "unet") expect(modules).toContain(special);
    }
    if (component === "text_encoder_2") expect(modules).toContain("text_projection");
  });
});

describe("a file that is opened before a model", () => {
  it("says what it is for, and is loaded later", async () => {
    const lora = await openLora(textFile(kohya));
    expect(lora.path).toContain("tiny_style.safetensors");
    expect(lora.baseModel).toBe("a model whose text is 24 wide");
    const pipe = await sd15;
    expect(await pipe.loadLoraWeights(lora, { adapterName: "early" })).toBe("early");
    expect(pipe.adapterNames).toEqual(["early"]);
  });

  it.each<[string, () => Promise<string | URL>]>([
    ["nothing", async () => "/no such/file.safetensors"],
    ["another kind of weights", async () => textFile("sd15-tiny/unet/diffusion_pytorch_model.safetensors")],
    ["a textual inversion", async () => textFile("textual-inversion-tiny/bare.safetensors")],
    [
      "another algorithm",
      async () =>
        loraFile({ tensors: new Map([["a.hada_w1_a", floats([2, 2], () => 1)]]), metadata: undefined }),
    ],
  ])("is refused if it is %s", async (_what, make) => {
    expect(await failure(openLora(await make()))).toBeInstanceOf(OnestepError);
  });

  it("has no adapterName yet", async () => {
    await expect(openLora(textFile(kohya), { adapterName: "a" } as object)).rejects.toThrow("no option");
  });
});

describe("a layer's branch", () => {
  const modules = [
    "conv_in",
    "conv_out",
    "time_embedding.linear_2",
    "mid_block.attentions.0.transformer_blocks.0.attn2.to_k",
    "down_blocks.0.resnets.0.conv1",
    "down_blocks.0.downsamplers.0.conv",
    "down_blocks.1.resnets.0.time_emb_proj",
    "up_blocks.1.attentions.0.transformer_blocks.0.ff.net.0.proj",
  ];
  const pick = async () => {
    const all = targetsOf(await sd15).get("unet")?.targets ?? new Map();
    return modules.map((module) => [module, all.get(module) as readonly number[]] as const);
  };

  it("changes the image by itself, whichever layer it is", async () => {
    const pipe = await sd15;
    const before = await draw(pipe);
    for (const module of (await pick()).slice(0, 4)) {
      await pipe.loadLoraWeights(
        await loraFile({ tensors: kohyaFile("lora_unet_", [module]), metadata: undefined }),
      );
      expect([module[0], await draw(pipe)]).not.toEqual([module[0], before]);
      pipe.unloadLoraWeights();
    }
    expect(await draw(pipe)).toEqual(before);
  });

  it("is W + alpha / rank · up · down", async () => {
    const own = await pick();
    const tensors = kohyaFile("lora_unet_", own);
    const weights = await readSafetensorsContent("sd15-tiny/unet/diffusion_pytorch_model.safetensors");
    for (const [module, [out = 0, ...inShape]] of own) {
      const name = `lora_unet_${module.replaceAll(".", "_")}`;
      const [down, up] = ["down", "up"].map((part) =>
        valuesOf(tensors.get(`${name}.lora_${part}.weight`) as TensorEntry),
      ) as [Float32Array, Float32Array];
      const stored = weights.tensors.get(`${module}.weight`) as TensorEntry;
      const size = inShape.reduce((product, length) => product * length, 1);
      const old = valuesOf(stored);
      const changed = floats(stored.shape, (index) => {
        const [row, column] = [Math.floor(index / size), index % size];
        const product = [0, 1].reduce(
          (sum, rank) => sum + (up[row * 2 + rank] as number) * (down[rank * size + column] as number),
          0,
        );
        return (old[index] as number) + 0.5 * product;
      });
      expect(old).toHaveLength(out * size);
      weights.tensors.set(`${module}.weight`, changed);
    }
    const folder = await changedRepository("sd15-tiny", {
      "unet/diffusion_pytorch_model.safetensors": writeSafetensorsContent(weights),
    });
    const written = await open(StableDiffusionPipeline.fromPretrained(folder, load));
    const pipe = await sd15;
    await pipe.loadLoraWeights(await loraFile({ tensors, metadata: undefined }));
    const [expected, found] = [await draw(written), await draw(pipe)];
    // Sums in another order; the whole branches move the image by far more.
    const worst = Math.max(...expected.map((value, index) => Math.abs(value - (found[index] as number))));
    expect(worst).toBeLessThan(2e-4);
  });
});

describe("numbers of a file", () => {
  const layer: readonly (readonly [string, readonly number[]])[] = [["conv_in", [4, 4, 3, 3]]];

  async function factorOf(alpha: TensorEntry | undefined): Promise<number | undefined> {
    const targets = new Map<LoraComponent, LoraTarget>([
      ["unet", { targets: new Map(layer), layersPerBlock: 2 }],
    ]);
    const tensors = kohyaFile("lora_unet_", layer);
    if (alpha === undefined) tensors.delete("lora_unet_conv_in.alpha");
    else tensors.set("lora_unet_conv_in.alpha", alpha);
    const layers = await readLora(await loraFile({ tensors, metadata: undefined }), targets, {});
    return layers.get("unet")?.[0]?.factor;
  }
  const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer.slice(0));

  it.each<[string, readonly number[], Uint8Array]>([
    ["F32", [1], bytesOf(Float32Array.of(3))],
    ["F32", [1, 1], bytesOf(Float32Array.of(3))],
    ["F16", [], Uint8Array.of(0x00, 0x42)],
    ["BF16", [], Uint8Array.of(0x40, 0x40)],
    ["F64", [], bytesOf(Float64Array.of(3))],
    ["I64", [], bytesOf(BigInt64Array.of(3n))],
    ["I32", [1], bytesOf(Int32Array.of(3))],
  ])("alpha as %s %j", async (dtype, shape, bytes) => {
    expect(await factorOf({ dtype, shape, bytes })).toBe(1.5);
  });

  it("alpha of 0, negative, and absent", async () => {
    expect(await factorOf(floats([], () => 0))).toBe(0);
    expect(await factorOf(floats([], () => -1))).toBe(-0.5);
    expect(await factorOf(undefined)).toBe(1);
  });

  it.each([
    ["NaN", floats([], () => Number.NaN)],
    ["infinite", floats([], () => Number.POSITIVE_INFINITY)],
    ["two numbers", floats([2], () => 1)],
    ["empty", floats([0], () => 1)],
  ])("alpha that is %s is refused", async (_what, alpha) => {
    await expect(factorOf(alpha)).rejects.toThrow(CheckpointError);
  });

  it("bfloat16 makes the image of the same numbers in float32", async () => {
    const pipe = await sd15;
    const half = (value: number): number => {
      const view = new DataView(new ArrayBuffer(4));
      view.setFloat32(0, value);
      return view.getUint16(0);
    };
    const own = [...(targetsOf(pipe).get("unet")?.targets ?? [])].slice(0, 12);
    const images: Float32Array[] = [];
    for (const dtype of ["F32", "BF16"]) {
      const tensors = kohyaFile("lora_unet_", own);
      for (const [name, entry] of tensors) {
        const bits = Uint16Array.from(valuesOf(entry), half);
        const wide = Uint32Array.from(bits, (value) => value * 65536);
        tensors.set(name, { ...entry, dtype, bytes: bytesOf(dtype === "F32" ? wide : bits) });
      }
      await pipe.loadLoraWeights(await loraFile({ tensors, metadata: undefined }));
      images.push(await draw(pipe));
      pipe.unloadLoraWeights();
    }
    expect(images[0]).toEqual(images[1]);
    expect(images[0]).not.toEqual(await draw(pipe));
  });

  it("without metadata each layer has the scale 1, also one of another rank", async () => {
    const content = await readSafetensorsContent(plain);
    const [name = ""] = [...content.tensors.keys()].filter((key) => key.endsWith("to_q.lora_A.weight"));
    const other = name.replace("lora_A", "lora_B");
    const [down, up] = [name, other].map((key) => content.tensors.get(key) as TensorEntry) as [
      TensorEntry,
      TensorEntry,
    ];
    const [, width = 0] = down.shape;
    const [out = 0, rank = 0] = up.shape;
    content.tensors.set(name, { ...down, shape: [2, width], bytes: down.bytes.slice(0, 8 * width) });
    const columns = valuesOf(up);
    const cut = floats([out, 2], (index) => columns[Math.floor(index / 2) * rank + (index % 2)] as number);
    content.tensors.set(other, cut);
    const file = await loraFile({ tensors: content.tensors, metadata: undefined });
    const layers = await readLora(file, targetsOf(await sd15), {});
    const factors = [...layers.values()].flatMap((all) => all.map(({ factor }) => factor));
    expect(new Set(factors)).toEqual(new Set([1]));
  });

  it("the matrices say the rank, not the metadata", async () => {
    const { tensors } = await readSafetensorsContent(plain);
    const metadata = { lora_adapter_metadata: JSON.stringify({ "unet.r": 8, "unet.lora_alpha": 6 }) };
    const layers = await readLora(await loraFile({ tensors, metadata }), targetsOf(await sd15), {});
    const factors = (layers.get("unet") ?? []).map(({ factor, down }) => factor * (down.shape[0] ?? 0));
    expect(new Set(factors)).toEqual(new Set([6]));
  });
});

describe("names that are not LoRA's, or of another model", () => {
  type Change = (tensors: SafetensorsContent["tensors"]) => void;

  async function refusal(change: Change, path = kohya, pipe?: Pipe) {
    const content = await readSafetensorsContent(path);
    change(content.tensors);
    return failure((pipe ?? (await sd15)).loadLoraWeights(await loraFile(content)));
  }

  const renameOne =
    (rename: (name: string) => string): Change =>
    (tensors) => {
      const downs = [...tensors.keys()].filter((key) => key.endsWith(".lora_down.weight"));
      const name = downs.find((key) => rename(key) !== key) ?? "";
      const entry = tensors.get(name) as TensorEntry;
      tensors.delete(name);
      tensors.set(rename(name), entry);
    };

  it.each<[string, (name: string) => string]>([
    ["LoHa", (name) => name.replace("lora_down.weight", "hada_w2_b")],
    ["LoHa", (name) => name.replace("lora_down.weight", "hada_t1")],
    ["LoKr", (name) => name.replace("lora_down.weight", "lokr_w2_a")],
    ["lora_mid", (name) => name.replace("lora_down", "lora_mid")],
    ["DoRA", (name) => name.replace("lora_down.weight", "dora_scale")],
    ["DoRA", (name) => name.replace("lora_down.weight", "lora_magnitude_vector")],
    ["DoRA", (name) => name.replace("lora_down.weight", "lora_magnitude_vector.weight")],
    ["diff", (name) => name.replace("lora_down.weight", "diff")],
    ["LyCORIS", (name) => name.replace("lora_down.weight", "oft_diag")],
    ["LyCORIS", (name) => name.replace("lora_down.weight", "a1.weight")],
    ["bias", (name) => name.replace("lora_down.weight", "lora_B.bias")],
  ])("one array of %s refuses the file", async (algorithm, rename) => {
    const before = await draw(await sd15);
    const error = await refusal(renameOne(rename));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.problem?.found).toContain(algorithm);
    expect((await sd15).adapterNames).toEqual([]);
    expect(await draw(await sd15)).toEqual(before);
  });

  it.each([
    ["lycoris_", "lora_unet_"],
    ["transformer_text_model_", "lora_te_text_model_"],
    ["0_transformer_", "lora_te_"],
    ["lora_unet", "lora_unet_"],
    ["base_model.model.", "lora_"],
  ])("%s in place of %s matches nothing", async (prefix, usual) => {
    const error = await refusal(renameOne((name) => name.replace(usual, prefix)));
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it("nothing but metadata is refused", async () => {
    expect(await refusal((tensors) => tensors.clear(), plain)).toBeInstanceOf(CheckpointError);
  });

  it.each([
    [kohya, "sdxl", "Stable Diffusion|another model|a model whose text is"],
    ["lora-tiny-sdxl-kohya/tiny_xl.safetensors", "sd15", "a model whose text is"],
  ])("%s is not for %s, and the error says what it is for", async (path, name, family) => {
    const pipe = name === "sdxl" ? await sdxl : await sd15;
    const before = await draw(pipe);
    const error = await refusal(() => undefined, path, pipe);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toMatch(new RegExp(family));
    expect(await draw(pipe)).toEqual(before);
  });

  it("bare names are the UNet's, and those of a text encoder alone leave the UNet as it is", async () => {
    const pipe = await sd15;
    const { tensors } = await readSafetensorsContent(plain);
    const unet = [...tensors].filter(([name]) => name.startsWith("unet."));
    const bare = new Map(unet.map(([name, entry]) => [name.slice("unet.".length), entry]));
    const layers = await readLora(
      await loraFile({ tensors: bare, metadata: undefined }),
      targetsOf(pipe),
      {},
    );
    expect([...layers.keys()]).toEqual(["unet"]);
    const text = new Map([...tensors].filter(([name]) => name.startsWith("text_encoder.")));
    const file = await loraFile({ tensors: text, metadata: undefined });
    expect([...(await readLora(file, targetsOf(pipe), {})).keys()]).toEqual(["text_encoder"]);
    const dotted = new Map(
      [...text].map(([name, entry]) => [name.replace("text_encoder.", "lora_te1."), entry]),
    );
    const same = await readLora(
      await loraFile({ tensors: dotted, metadata: undefined }),
      targetsOf(pipe),
      {},
    );
    expect(same.get("text_encoder")).toHaveLength(text.size / 2);
  });
});
