import type { Tensor } from "@onestep/core";
import { EntryNotFoundError, type Repository, type RepositoryFile } from "@onestep/hub";
import { type AdapterLayer, CLIPTokenizer } from "@onestep/models";
import { StableDiffusionPipeline } from "@onestep/pipelines";
import { DDIMScheduler } from "@onestep/schedulers";
import type { Arbitrary } from "fast-check";
import {
  type AdapterFile,
  adapterTargets,
  inversionFiles,
  loraFiles,
  textTargets,
  textWidth,
} from "../arbitraries/adapter-files.ts";
import { type FolderFiles, tokenizerFolders } from "../arbitraries/text-files.ts";
import type { FuzzInput, FuzzTarget } from "../fuzz-target.ts";
import { guardFile } from "../guarded-file.ts";
import { FuzzFinding } from "../judge-input.ts";

/** Several files as the one that a target reads. */
function pack(files: FolderFiles, isGood: boolean): FuzzInput {
  const texts = Object.entries(files).flatMap(([name, bytes]) =>
    bytes === undefined ? [] : [[name, Buffer.from(bytes).toString("base64")]],
  );
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(texts)));
  return { bytes, contents: isGood ? new Map() : undefined };
}

async function unpack(file: RepositoryFile): Promise<ReadonlyMap<string, Uint8Array>> {
  const texts = JSON.parse(await file.text()) as Readonly<Record<string, string>>;
  return new Map(
    Object.entries(texts).map(([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))]),
  );
}

function makeRepository(files: ReadonlyMap<string, Uint8Array>): Repository {
  const find = async (path: string): Promise<RepositoryFile | undefined> => {
    if (!/^[a-z_]+\.(json|txt)$/.test(path))
      throw new FuzzFinding(`the path ${JSON.stringify(path)} was asked for`);
    const bytes = files.get(path);
    return bytes === undefined ? undefined : { ...guardFile(bytes).file, path };
  };
  return {
    name: "memory",
    commit: undefined,
    list: async () => [...files.keys()],
    find,
    get: async (path) => {
      const file = await find(path);
      if (file !== undefined) return file;
      throw new EntryNotFoundError({ subject: path, found: "nothing", expected: "a file", remedy: "None." });
    },
  };
}

const texts = [
  "",
  "a red fox",
  "the \u{1f98a} (fox) <|endoftext|> don't",
  "x".repeat(200),
  "\ud800 \u0000 __proto__",
];

/** The reader of a tokenizer's files, and what it makes of texts. */
export const tokenizerTarget: FuzzTarget = {
  name: "tokenizers",
  inputs: tokenizerFolders.map(({ files, isGood }) => pack(files, isGood)),
  read: async (file) => {
    const tokenizer = await CLIPTokenizer.fromRepository(makeRepository(await unpack(file)));
    for (const text of texts) {
      const { inputIds } = tokenizer.encodePadded(text, 77);
      if (inputIds.length !== 77) throw new FuzzFinding(`${inputIds.length} ids in place of 77`);
      const wrong = inputIds.find(
        (id) => !(Number.isInteger(id) && id >= 0 && id < tokenizer.vocabularySize),
      );
      if (wrong !== undefined) throw new FuzzFinding(`the id ${wrong} for ${JSON.stringify(text)}`);
      tokenizer.decode(inputIds);
    }
    return new Map();
  },
  mayOverlap: true,
};

/** A pipeline whose models keep what they are given, and compute nothing. */
function makePipeline(
  onLayers: (layers: readonly AdapterLayer[]) => void,
  onVectors: (vectors: Tensor) => void,
) {
  const model = (targets: ReadonlyMap<string, readonly number[]>, config: object) => ({
    config,
    adapterTargets: targets,
    adapters: new Map(),
    addAdapter: (_name: string, layers: readonly AdapterLayer[]) => onLayers(layers),
    forward: async () => undefined,
    decode: async () => undefined,
    encode: async () => undefined,
    encodePadded: () => undefined,
    hasToken: () => false,
    addToken: (_token: string, vectors: Tensor) => onVectors(vectors),
    removeTokens: () => undefined,
    addedTokens: [],
  });
  const none = new Map<string, readonly number[]>();
  return new StableDiffusionPipeline({
    unet: model(adapterTargets, { layersPerBlock: 2, sampleSize: 8 }),
    textEncoder: model(textTargets, { hiddenSize: textWidth, vocabSize: 10 }),
    tokenizer: model(none, {}),
    vae: model(none, { scalingFactor: 1 }),
    scheduler: new DDIMScheduler({ clipSample: false, stepsOffset: 1 }),
  } as never);
}

function adapterTarget(
  name: string,
  inputs: Arbitrary<AdapterFile>,
  load: (files: ReadonlyMap<string, Blob>, fileName: string, size: number) => Promise<void>,
): FuzzTarget {
  return {
    name,
    inputs: inputs.map(({ name: fileName, bytes, isGood }) => pack({ [fileName]: bytes }, isGood)),
    read: async (file) => {
      for (const [fileName, bytes] of await unpack(file)) {
        const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
        await load(new Map([[fileName, blob]]), fileName, bytes.length);
      }
      return new Map();
    },
    mayOverlap: true,
  };
}

/** `loadLoraWeights`: a typed error, or branches that fit their layers and come from the file. */
export const loraTarget: FuzzTarget = adapterTarget("loras", loraFiles, async (files, weightName, size) => {
  const all: AdapterLayer[] = [];
  const pipe = makePipeline(
    (layers) => all.push(...layers),
    () => undefined,
  );
  await pipe.loadLoraWeights(files, { weightName });
  if (all.length === 0) throw new FuzzFinding("a file without effect was loaded");
  for (const { module, down, up, factor } of all) {
    const shape = adapterTargets.get(module) ?? textTargets.get(module);
    if (shape === undefined) throw new FuzzFinding(`a branch of ${module}, which is no layer`);
    const count = (lengths: readonly number[]): number =>
      lengths.reduce((product, length) => product * length, 1);
    const [rank = 0] = down.shape;
    const fits =
      count(down.shape) === rank * count(shape.slice(1)) && count(up.shape) === rank * (shape[0] ?? 0);
    if (!fits || !(rank >= 1) || !Number.isFinite(factor))
      throw new FuzzFinding(`a branch that does not fit ${module}`);
    for (const { offset, length } of [down, up]) {
      if (!(offset >= 0 && offset + length <= size))
        throw new FuzzFinding(`a matrix outside of the file: ${module}`);
    }
  }
});

/** `loadTextualInversion`: a typed error, or finite vectors with the width of the text encoder. */
export const inversionTarget: FuzzTarget = adapterTarget(
  "inversions",
  inversionFiles,
  async (files, weightName) => {
    const all: Tensor[] = [];
    const pipe = makePipeline(
      () => undefined,
      (vectors) => all.push(vectors),
    );
    const isBare = [...files.values()].length === 1;
    await pipe.loadTextualInversion(files, { weightName, ...(isBare ? { token: "<it>" } : {}) });
    if (all.length === 0) throw new FuzzFinding("a file without effect was loaded");
    for (const { shape, data } of all) {
      const [vectors = 0, width] = shape;
      if (width !== textWidth || vectors < 1) throw new FuzzFinding(`vectors of [${shape.join(", ")}]`);
      if (!Array.from(data as Float32Array).every(Number.isFinite))
        throw new FuzzFinding("a number that is not finite");
    }
  },
);
