import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import { type OptionNames, pickOptions } from "@onestep/core/internal/known-options";
import {
  EntryNotFoundError,
  type OpenRepositoryOptions,
  openFile,
  openRepository,
  openRepositoryOptionNames,
  type RepositoryFile,
  type RepositoryLocation,
} from "@onestep/hub";
import {
  CheckpointError,
  inversionTokenNames,
  readTensor,
  readTorchTexts,
  readWeightsFile,
} from "@onestep/models";

/** Options of `loadTextualInversion`. */
export interface LoadTextualInversionOptions extends OpenRepositoryOptions {
  /** The token to use in prompts; read from the file by default. */
  readonly token?: string | undefined;
  /** The file name, if a repository has several. */
  readonly weightName?: string | undefined;
  readonly subfolder?: string | undefined;
}

/** The names of {@link LoadTextualInversionOptions}. */
export const loadTextualInversionOptionNames: OptionNames<LoadTextualInversionOptions> = {
  ...openRepositoryOptionNames,
  token: true,
  weightName: true,
  subfolder: true,
};

/** The content of a textual inversion file. */
export interface TextualInversion {
  /** The token used in prompts. */
  readonly token: string;
  /** The vectors for each text encoder, [vectors, width]: one, or two for Stable Diffusion XL's CLIP encoders. */
  readonly embeddings: { readonly first?: Tensor<"float32">; readonly second?: Tensor<"float32"> };
}

type Tensors = Awaited<ReturnType<typeof readWeightsFile>>;

/** Default file names in repositories (diffusers `loaders/textual_inversion.py`). */
const fileNames = ["learned_embeds.safetensors", "learned_embeds.bin"];
/** The keys of a token's vectors in AUTOMATIC1111's own files, and in safetensors. */
const anonymous = ["*", "emb_params"];

/**
 * Reads a textual inversion file (Gal et al., 2022): one token and its vectors, in diffusers' or AUTOMATIC1111's format,
 * or only the vectors.
 *
 * @throws InvalidArgumentError if the file does not name a token.
 * @throws CheckpointError if it is not a textual inversion.
 */
export async function readTextualInversion(
  source: RepositoryLocation,
  options: LoadTextualInversionOptions,
): Promise<TextualInversion> {
  const file = await openInversionFile(source, options);
  const { signal, onProgress } = options;
  const isTorch = !file.path.endsWith(".safetensors");
  const texts = isTorch ? await readTorchTexts(file, { signal }) : new Map<string, string>();
  const stateDictKey = texts.has("name") ? "string_to_param" : undefined;
  const tensors = await readWeightsFile(file, {
    signal,
    onProgress,
    ...(stateDictKey === undefined ? {} : { stateDictKey }),
  });
  const [first, second] = [tensors.get("clip_l"), tensors.get("clip_g")];
  if (first !== undefined || second !== undefined) {
    const token = options.token ?? missingToken(file, "the vectors of two text encoders, and no token");
    const read = async (name: string): Promise<Tensor<"float32"> | undefined> =>
      tensors.has(name) ? readVectors(file, name, tensors) : undefined;
    const [one, two] = [await read("clip_l"), await read("clip_g")];
    return {
      token: requireToken(token),
      embeddings: {
        ...(one === undefined ? {} : { first: one }),
        ...(two === undefined ? {} : { second: two }),
      },
    };
  }
  const [name = "", ...others] = tensors.keys();
  if (tensors.size !== 1) {
    throw new CheckpointError({
      subject: file.path,
      found: `${tensors.size} arrays${others.length > 0 ? `, ${name} and ${others[0]} among them` : ""}`,
      expected: "the vectors of one token",
      remedy: "Load a file of textual inversion.",
    });
  }
  const own = anonymous.includes(name) ? texts.get("name") : name;
  const token = options.token ?? own ?? missingToken(file, "vectors, and no token");
  return { token: requireToken(token), embeddings: { first: await readVectors(file, name, tensors) } };
}

async function readVectors(file: RepositoryFile, name: string, tensors: Tensors): Promise<Tensor<"float32">> {
  const tensor = tensors.get(name);
  const shape = tensor?.shape ?? [];
  const [vectors, width] = shape.length === 1 ? [1, shape[0]] : shape;
  if (tensor === undefined || shape.length > 2 || !vectors || !width) {
    throw new CheckpointError({
      subject: `${file.path}: ${name}`,
      found: `an array of [${shape.join(", ")}]`,
      expected: "[vectors, width]",
      remedy: "Load a file of textual inversion.",
    });
  }
  const values = Float32Array.from(await readTensor(tensor));
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return new Tensor("float32", values, [vectors, width]);
  throw new CheckpointError({
    subject: `${file.path}: ${name}`,
    found: `${wrong} among its numbers`,
    expected: "finite numbers",
    remedy: "Load another file.",
  });
}

function requireToken(token: unknown): string {
  if (typeof token === "string" && token.trim() !== "" && !/\s/.test(token)) return token;
  throw new InvalidArgumentError({
    subject: "token",
    found: describeValue(token),
    expected: "a text without white space",
    remedy: 'Pass one such as "<fox-toy>".',
  });
}

function missingToken(file: RepositoryFile, found: string): never {
  throw new InvalidArgumentError({
    subject: file.path,
    found,
    expected: "a `token` for them: what prompts are to contain",
    remedy: 'Pass one, for example `token: "<fox-toy>"`.',
  });
}

async function openInversionFile(
  source: RepositoryLocation,
  options: LoadTextualInversionOptions,
): Promise<RepositoryFile> {
  const { weightName, subfolder = "", signal, onProgress } = options;
  const isFile =
    (typeof source === "string" || source instanceof URL) &&
    /\.(safetensors|bin|pt)([?#]|$)/.test(String(source));
  const opening = pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames);
  if (isFile && weightName === undefined) return openFile(source, opening);
  const repository = await openRepository(source, opening);
  const folder = subfolder === "" ? "" : `${subfolder.replace(/\/$/, "")}/`;
  const names = weightName === undefined ? fileNames : [weightName];
  for (const name of names) {
    const file = await repository.find(`${folder}${name}`, { signal, onProgress });
    if (file !== undefined) return file;
  }
  throw new EntryNotFoundError({
    subject: `textual inversion in ${repository.name}`,
    found: "no such file",
    expected: names.map((name) => `${folder}${name}`).join(" or "),
    remedy: "Pass the name of the file as `weightName`.",
  });
}

/** The tokenizer and text encoder to add tokens to. */
export interface InversionTarget {
  /** For messages: `textEncoder`. */
  readonly name: string;
  readonly tokenizer: unknown;
  readonly textEncoder: { readonly config: object } | null;
  readonly embeddings: Tensor<"float32"> | undefined;
}

/** The tokenizer interface tokens require; `CLIPTokenizer` implements it. */
interface ExtensibleTokenizer {
  addToken(token: string, embeddings: Tensor<"float32">, firstId: number): void;
  removeTokens(tokens?: readonly string[]): void;
  hasToken(token: string): boolean;
  readonly addedTokens: readonly string[];
}

/**
 * Adds a token to all tokenizers with vectors for it. Everything is validated before any change.
 *
 * @throws InvalidArgumentError if the width of the vectors does not match the text encoder, or the token exists already.
 */
export function addInversion(token: string, targets: readonly InversionTarget[]): void {
  const own = targets.filter(({ tokenizer }) => isExtensible(tokenizer));
  const used = own.filter(({ embeddings }) => embeddings !== undefined);
  for (const { name, textEncoder, embeddings, tokenizer } of used) {
    const { hiddenSize } = (textEncoder?.config ?? {}) as { readonly hiddenSize?: number };
    const width = embeddings?.shape[1];
    if (hiddenSize !== undefined && width !== hiddenSize) {
      throw new InvalidArgumentError({
        subject: `token ${JSON.stringify(token)}`,
        found: `vectors of width ${width}`,
        expected: `${hiddenSize}, the width of ${name}`,
        remedy: "Load a file that was trained for this model.",
      });
    }
    const names = inversionTokenNames(token, embeddings?.shape[0] ?? 0);
    const taken = names.find((one) => (tokenizer as ExtensibleTokenizer).hasToken(one));
    if (taken !== undefined) {
      throw new InvalidArgumentError({
        subject: "token",
        found: `${JSON.stringify(taken)}, which the tokenizer has already`,
        expected: "a token that it does not have",
        remedy: "Pass another `token`, or unload the one that has it.",
      });
    }
  }
  if (used.length === 0) {
    throw new InvalidArgumentError({
      subject: `token ${JSON.stringify(token)}`,
      found: "vectors for no text encoder of this pipeline",
      expected: `vectors for ${own.map(({ name }) => name).join(" and ")}`,
      remedy: "Load a file that was trained for this model.",
    });
  }
  const unused = targets.filter((target) => target.embeddings !== undefined && !used.includes(target));
  if (unused.length > 0) {
    warn(
      `The file has vectors of ${JSON.stringify(token)} for ${unused.map(({ name }) => name).join(" and ")} too, which this pipeline does not have: they are not used.`,
      "checkpoint",
    );
  }
  const without = own.filter(({ embeddings }) => embeddings === undefined);
  if (without.length > 0) {
    warn(
      `The file has vectors of ${JSON.stringify(token)} for ${used.map(({ name }) => name).join(" and ")} alone; ${without.map(({ name }) => name).join(" and ")} reads it as text.`,
      "checkpoint",
    );
  }
  for (const { tokenizer, textEncoder, embeddings } of used) {
    const { vocabSize = 0 } = (textEncoder?.config ?? {}) as { readonly vocabSize?: number };
    (tokenizer as ExtensibleTokenizer).addToken(token, embeddings as Tensor<"float32">, vocabSize);
  }
}

/** Removes a token from tokenizers, or all of them if no name is given. */
export function removeInversions(
  tokens: readonly string[] | undefined,
  tokenizers: readonly unknown[],
): void {
  for (const tokenizer of tokenizers) if (isExtensible(tokenizer)) tokenizer.removeTokens(tokens);
}

function isExtensible(tokenizer: unknown): tokenizer is ExtensibleTokenizer {
  return (
    typeof tokenizer === "object" &&
    tokenizer !== null &&
    "addToken" in tokenizer &&
    "removeTokens" in tokenizer
  );
}
