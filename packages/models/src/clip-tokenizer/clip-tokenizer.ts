import type { Tokenizer } from "@huggingface/tokenizers";
import { InvalidArgumentError, Tensor, UnsupportedError } from "@onestep/core";
import { describeValue, isJsonObject } from "@onestep/core/internal";
import { parsePythonJson, saveFiles } from "@onestep/core/internal/files";
import { type OptionNames, pickOptions, requireKnownOptions } from "@onestep/core/internal/known-options";
import {
  bytesFile,
  EntryNotFoundError,
  type OpenRepositoryOptions,
  openRepository,
  openRepositoryOptionNames,
  type ReadOptions,
  type Repository,
  type RepositoryLocation,
  type UploadFile,
} from "@onestep/hub";
import { type AddedWord, buildTokenizer } from "./build-tokenizer.ts";
import { readTokenizerDefinition, type TokenizerDefinition } from "./tokenizer-definition.ts";

/** Options of {@link CLIPTokenizer.fromRepository}. */
export interface LoadTokenizerOptions extends ReadOptions {
  /** Folder of the tokenizer in the repository (`tokenizer`); the root by default. */
  readonly subfolder?: string | undefined;
}

const loadOptionNames: OptionNames<LoadTokenizerOptions & OpenRepositoryOptions> = {
  ...openRepositoryOptionNames,
  subfolder: true,
};

/** The tokenizer settings that pipelines use. */
export interface CLIPTokenizerConfig {
  /** Maximum number of tokens, start and end of text included; undefined if the files do not say. */
  readonly modelMaxLength: number | undefined;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly padToken: string;
}

/** A text as a fixed number of tokens. */
export interface PaddedEncoding {
  /** Start of text to end of text, then padding. */
  readonly inputIds: readonly number[];
  /** The truncated end; undefined if the whole text fits. */
  readonly truncatedText: string | undefined;
}

/** The tokenizer files to read, if present. */
const fileNames = {
  vocab: "vocab.json",
  merges: "merges.txt",
  tokenizer: "tokenizer.json",
  config: "tokenizer_config.json",
  specialTokens: "special_tokens_map.json",
  addedTokens: "added_tokens.json",
} as const;

/** Far above the size of CLIP's files: 1 MB, or 4 MB as a single file. */
const maximumBytes = 67_108_864;

/**
 * CLIP's tokenizer: byte-pair encoding of lowercase words; transformers' `CLIPTokenizer` (version 5).
 * Reads `vocab.json` and `merges.txt`, or `tokenizer.json`.
 *
 * @example
 * const tokenizer = await CLIPTokenizer.fromPretrained("SimianLuo/LCM_Dreamshaper_v7", { subfolder: "tokenizer" });
 * const ids = tokenizer.encode("a lighthouse in a storm");
 */
export class CLIPTokenizer {
  static readonly library: string = "transformers";
  static readonly className: string = "CLIPTokenizer";
  /** Settings from the files. */
  readonly config: CLIPTokenizerConfig;
  readonly #definition: TokenizerDefinition;
  readonly #files: ReadonlyMap<string, string>;
  /** Ids of the vectors of each textual inversion token, by the token's own id. */
  #expansions: ReadonlyMap<number, readonly number[]> = new Map();
  #added: readonly AddedWord[] = [];
  #inversions: readonly Inversion[] = [];
  #firstAddedId = 0;
  #tokenizer: Tokenizer;

  private constructor(definition: TokenizerDefinition, files: ReadonlyMap<string, string>) {
    const { modelMaxLength, bosToken, eosToken, padToken } = definition;
    this.config = Object.freeze({ modelMaxLength, bosToken, eosToken, padToken });
    this.#definition = definition;
    this.#files = files;
    this.#tokenizer = buildTokenizer(definition, []);
  }

  /**
   * Loads a tokenizer saved by Python.
   *
   * @param source - A Hub id, a folder, a URL of a folder, or local files.
   * @throws InvalidArgumentError if an option is unknown.
   * @throws EntryNotFoundError if the folder has no CLIPTokenizer files.
   * @throws UnsupportedError if they belong to another tokenizer.
   * @throws InvalidConfigError if a file has unexpected content.
   */
  static async fromPretrained(
    source: RepositoryLocation,
    options: LoadTokenizerOptions & OpenRepositoryOptions = {},
  ): Promise<CLIPTokenizer> {
    requireKnownOptions("CLIPTokenizer.fromPretrained", options, loadOptionNames);
    const opening = pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames);
    return CLIPTokenizer.fromRepository(await openRepository(source, opening), options);
  }

  /** Like {@link CLIPTokenizer.fromPretrained}, from an open repository. */
  static async fromRepository(
    repository: Repository,
    { subfolder = "", signal, onProgress }: LoadTokenizerOptions = {},
  ): Promise<CLIPTokenizer> {
    const folder = subfolder === "" ? "" : `${subfolder}/`;
    const read = async (name: string): Promise<string | undefined> => {
      const file = await repository.find(`${folder}${name}`, { signal, onProgress });
      return file?.text({ signal, onProgress, maximumBytes });
    };
    const source = `${folder === "" ? "" : `${subfolder} of `}${repository.name}`;
    const texts = new Map<keyof typeof fileNames, string>();
    const load = async (...names: (keyof typeof fileNames)[]): Promise<void> => {
      const found = await Promise.all(
        names.map(async (name) => [name, await read(fileNames[name])] as const),
      );
      for (const [name, text] of found) if (text !== undefined) texts.set(name, text);
    };
    await load("config", "specialTokens", "addedTokens", "vocab");
    requireCLIP(texts.get("config"), source);
    await load(...(texts.has("vocab") ? (["merges"] as const) : (["tokenizer"] as const)));
    const isSplit = texts.has("vocab") && texts.has("merges");
    if (texts.has("vocab") && !isSplit) await load("tokenizer");
    if (!isSplit && !texts.has("tokenizer")) throw await missing(repository, folder, source, { signal });
    const json = (name: keyof typeof fileNames) => {
      const text = texts.get(name);
      return text === undefined ? undefined : parsePythonJson(text, `${fileNames[name]} of ${source}`);
    };
    const definition = readTokenizerDefinition(
      {
        config: json("config"),
        specialTokens: json("specialTokens"),
        addedTokens: json("addedTokens"),
        ...(isSplit
          ? { vocab: json("vocab"), merges: texts.get("merges") }
          : { tokenizer: json("tokenizer") }),
      },
      source,
    );
    return new CLIPTokenizer(definition, new Map([...texts].map(([name, text]) => [fileNames[name], text])));
  }

  /** Number of ids: one more than the largest in the vocabulary and the files' added tokens. */
  get vocabularySize(): number {
    let most = -1;
    for (const id of this.#definition.vocabulary.values()) most = Math.max(most, id);
    for (const { id } of this.#definition.addedTokens) most = Math.max(most, id);
    return most + 1;
  }

  /** The tokens of a text, from start of text to end of text, without truncation. */
  encode(text: string): readonly number[] {
    requireText(text);
    const { ids }: { readonly ids: readonly number[] } = this.#tokenizer.encode(this.#prepare(text));
    return ids.flatMap((id) => this.#expansions.get(id) ?? [id]);
  }

  /**
   * The tokens of a text, truncated or padded to a length.
   *
   * @param maxLength - Number of tokens; by default the files' value, or 77.
   */
  encodePadded(text: string, maxLength: number = this.config.modelMaxLength ?? 77): PaddedEncoding {
    if (!Number.isInteger(maxLength) || maxLength < 2) {
      throw new InvalidArgumentError({
        subject: "maxLength",
        found: describeValue(maxLength),
        expected: "an integer of at least 2, for the start and the end of the text",
        remedy: "Leave it out, or pass the number of tokens that the text encoder takes.",
      });
    }
    const ids = this.encode(text);
    const end = ids.at(-1) as number;
    const pad = this.#idOf(this.config.padToken);
    if (ids.length <= maxLength) {
      const padding = new Array<number>(maxLength - ids.length).fill(pad);
      return { inputIds: [...ids, ...padding], truncatedText: undefined };
    }
    const kept = ids.slice(0, maxLength - 1);
    return { inputIds: [...kept, end], truncatedText: this.decode(ids.slice(maxLength - 1, -1)) };
  }

  /** Decodes tokens to text: lowercase, with a space after each word. */
  decode(
    ids: readonly number[],
    { skipSpecialTokens = false }: { readonly skipSpecialTokens?: boolean } = {},
  ): string {
    const text = this.#tokenizer.decode([...ids], {
      skip_special_tokens: skipSpecialTokens,
      clean_up_tokenization_spaces: false,
    });
    return text.replaceAll("</w>", " ").trim();
  }

  /** Whether a token is in the vocabulary or was added. Added tokens are found in any case. */
  hasToken(token: string): boolean {
    const lower = token.toLowerCase();
    const isAdded = this.#added.some(({ content }) => content.toLowerCase() === lower);
    return isAdded || this.#definition.vocabulary.has(token);
  }

  /** The embeddings of added tokens, [vectors, width], ordered by id; undefined if there are none. */
  get addedEmbeddings(): Tensor<"float32"> | undefined {
    const parts = this.#inversions.map(({ embeddings }) => embeddings);
    return parts.length === 0 ? undefined : Tensor.concat(parts);
  }

  /** The added tokens. */
  get addedTokens(): readonly string[] {
    return this.#inversions.map(({ token }) => token);
  }

  /**
   * Adds a token with its own vectors (textual inversion; Gal et al., 2022). Wherever it occurs in a text, even within a
   * word, it is encoded as one id per vector.
   *
   * @param embeddings - [vectors, width of the text encoder].
   * @param firstId - The id of the first added token; the number of the text encoder's embeddings.
   * @throws InvalidArgumentError if the vocabulary already has the token.
   */
  addToken(token: string, embeddings: Tensor<"float32">, firstId: number): void {
    const taken = inversionTokenNames(token, embeddings.shape[0] ?? 0).find((name) => this.hasToken(name));
    if (token === "" || taken !== undefined) {
      throw new InvalidArgumentError({
        subject: "token",
        found: `${JSON.stringify(taken ?? token)}, which the tokenizer has already`,
        expected: "a token that it does not have",
        remedy: "Pass another `token` for the file, or unload the one that has it.",
      });
    }
    this.#setInversions([...this.#inversions, { token, embeddings }], firstId);
  }

  /** Removes an added token, or all of them if no name is given. Texts are then encoded as before. */
  removeTokens(tokens: readonly string[] = this.addedTokens): void {
    this.#setInversions(
      this.#inversions.filter(({ token }) => !tokens.includes(token)),
      this.#firstAddedId,
    );
  }

  #setInversions(inversions: readonly Inversion[], firstId: number): void {
    let next = Math.max(firstId, this.vocabularySize);
    this.#firstAddedId = next;
    const added: AddedWord[] = [];
    const expansions = new Map<number, readonly number[]>();
    for (const { token, embeddings } of inversions) {
      const [vectors = 0] = embeddings.shape;
      const ids = Array.from({ length: vectors }, (_, index) => next + index);
      next += vectors;
      const names = inversionTokenNames(token, vectors);
      ids.forEach((id, index) => {
        added.push({ id, content: names[index] as string });
      });
      if (vectors > 1) expansions.set(ids[0] as number, ids);
    }
    this.#tokenizer = buildTokenizer(this.#definition, added);
    this.#inversions = inversions;
    this.#added = added;
    this.#expansions = expansions;
  }

  /** The files that {@link CLIPTokenizer.savePretrained} writes: unmodified copies of the source files. */
  listFiles(): readonly UploadFile[] {
    return [...this.#files].map(([name, text]) => bytesFile(name, text));
  }

  /** Writes the files of the tokenizer into a folder. */
  async savePretrained(
    directory: string | URL,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const files = [...this.#files].map(([name, content]) => ({ name, content }));
    await saveFiles(directory, files, { signal });
  }

  /**
   * Works around two mistakes of the library: JavaScript lowercases a sigma differently at the end of a word, and text that
   * matches a special token only in lowercase (`<|EndOfText|>`) is not special.
   */
  #prepare(text: string): string {
    let prepared = text.replaceAll("Σ", "σ");
    for (const { content, normalized } of this.#definition.addedTokens) {
      if (normalized || content.toLowerCase() === content.toUpperCase()) continue;
      const pattern = new RegExp(content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "gi");
      prepared = prepared.replace(pattern, (found) => (found === content ? found : `${found} `));
    }
    return prepared;
  }

  #idOf(token: string): number {
    const added = this.#definition.addedTokens.find(({ content }) => content === token);
    return added?.id ?? this.#definition.vocabulary.get(token) ?? 0;
  }
}

/** A textual inversion token and its vectors. */
interface Inversion {
  readonly token: string;
  readonly embeddings: Tensor<"float32">;
}

/** The names of a token's vectors in texts: the token for the first, then `token_1`, `token_2` and so on. */
export function inversionTokenNames(token: string, vectors: number): readonly string[] {
  return Array.from({ length: vectors }, (_, index) => (index === 0 ? token : `${token}_${index}`));
}

function requireText(text: unknown): void {
  if (typeof text === "string") return;
  throw new InvalidArgumentError({
    subject: "text",
    found: describeValue(text),
    expected: "a string",
    remedy: "Pass a text.",
  });
}

/** @throws UnsupportedError if the settings name another tokenizer. */
function requireCLIP(config: string | undefined, source: string): void {
  if (config === undefined) return;
  const document = parsePythonJson(config, `tokenizer_config.json of ${source}`);
  const className = isJsonObject(document) ? document["tokenizer_class"] : undefined;
  if (typeof className !== "string" || /^CLIPTokenizer(Fast)?$/.test(className)) return;
  throw new UnsupportedError({
    subject: `tokenizer_class in tokenizer_config.json of ${source}`,
    found: className.slice(0, 80),
    expected: "CLIPTokenizer",
    remedy: "Only models that read their prompts with CLIP run here.",
  });
}

async function missing(
  repository: Repository,
  folder: string,
  source: string,
  options: ReadOptions,
): Promise<EntryNotFoundError> {
  const paths = (await repository.list(options).catch(() => undefined)) ?? [];
  const own = paths.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length));
  return new EntryNotFoundError({
    subject: `tokenizer in ${source}`,
    found: own.length === 0 ? "no files" : own.slice(0, 8).join(", "),
    expected: "vocab.json and merges.txt, or tokenizer.json",
    remedy: "Check the name and the revision, or pass a tokenizer of your own.",
  });
}
