import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePythonJson } from "@onestep/core/internal/files";
import {
  AutoencoderKL,
  CLIPTextModel,
  CLIPTextModelWithProjection,
  defineMethods,
  listWeights,
  type ModelDefinition,
  UNet2DConditionModel,
} from "@onestep/models";
import { writeRandomSafetensors } from "../checkpoint/write-random-safetensors.ts";
import type { TextModel } from "./text-models.ts";

const seed = 20231006;
/** The merges of CLIP's tokenizer, from the tests of the models. */
const mergesFile = fileURLToPath(
  new URL("../../../../packages/models/src/clip-tokenizer/__fixtures__/clip-merges.txt", import.meta.url),
);

/** Makes the folder of a pipeline with a prompt, its weights random, unless it is there. */
export async function makeTextCheckpoint(folder: string, model: TextModel): Promise<void> {
  if (existsSync(join(folder, "model_index.json"))) return;
  const draft = `${folder}.draft`;
  await rm(draft, { recursive: true, force: true });
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(draft, path)), { recursive: true });
    await writeFile(join(draft, path), content);
  };
  const writeModel = async <Values extends object>(
    name: string,
    definition: ModelDefinition<Values>,
    config: object,
    file: string,
  ): Promise<void> => {
    const text = JSON.stringify(config, null, 2);
    await write(`${name}/config.json`, text);
    const read = definition.configSchema.fromJson(parsePythonJson(text, name), name);
    const weights = listWeights(...defineMethods(definition, read).values());
    await writeRandomSafetensors(join(draft, name, file), weights, seed);
  };
  const { textEncoder2 } = model;
  const diffusersFile = "diffusion_pytorch_model.safetensors";
  await writeModel("unet", UNet2DConditionModel.definition, model.unet, diffusersFile);
  await writeModel("vae", AutoencoderKL.definition, model.vae, diffusersFile);
  await writeModel("text_encoder", CLIPTextModel.definition, model.textEncoder, "model.safetensors");
  if (textEncoder2 !== undefined) {
    const { definition } = CLIPTextModelWithProjection;
    await writeModel("text_encoder_2", definition, textEncoder2, "model.safetensors");
  }
  const tokenizers = textEncoder2 === undefined ? ["tokenizer"] : ["tokenizer", "tokenizer_2"];
  for (const name of tokenizers) {
    for (const [path, content] of await tokenizerFiles()) await write(`${name}/${path}`, content);
  }
  await write("scheduler/scheduler_config.json", JSON.stringify(model.scheduler, null, 2));
  const index = {
    _class_name: model.className,
    _diffusers_version: "0.40.0.dev0",
    scheduler: ["diffusers", model.scheduler["_class_name"]],
    tokenizer: ["transformers", "CLIPTokenizer"],
    text_encoder: ["transformers", "CLIPTextModel"],
    ...(textEncoder2 === undefined
      ? { safety_checker: [null, null], feature_extractor: [null, null], requires_safety_checker: false }
      : {
          tokenizer_2: ["transformers", "CLIPTokenizer"],
          text_encoder_2: ["transformers", "CLIPTextModelWithProjection"],
        }),
    unet: ["diffusers", "UNet2DConditionModel"],
    vae: ["diffusers", "AutoencoderKL"],
  };
  await write("model_index.json", JSON.stringify(index, null, 2));
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

/** CLIP's tokenizer: the vocabulary follows from the merges. */
async function tokenizerFiles(): Promise<readonly (readonly [string, string])[]> {
  const merges = await readFile(mergesFile, "utf8");
  const isSeen = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const characters = [
    ...bytes.filter(isSeen).map((byte) => String.fromCharCode(byte)),
    ...bytes.filter((byte) => !isSeen(byte)).map((_, index) => String.fromCharCode(256 + index)),
  ];
  const pairs = merges
    .split("\n")
    .slice(1)
    .filter((line) => line !== "");
  const tokens = [
    ...characters,
    ...characters.map((character) => `${character}</w>`),
    ...pairs.map((pair) => pair.replace(" ", "")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  const settings = {
    tokenizer_class: "CLIPTokenizer",
    model_max_length: 77,
    bos_token: "<|startoftext|>",
    eos_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
    pad_token: "<|endoftext|>",
  };
  return [
    ["merges.txt", merges],
    ["vocab.json", JSON.stringify(Object.fromEntries(tokens.map((token, id) => [token, id])))],
    ["tokenizer_config.json", JSON.stringify(settings)],
  ];
}
