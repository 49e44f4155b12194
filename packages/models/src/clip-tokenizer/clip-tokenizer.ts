import type { Tokenizer } from "@huggingface/tokenizers";
import { InvalidArgumentError, Tensor, UnsupportedError } from "@onestep/core";
import { describeValue, isJsonObject } from "@onestep/core/internal";
import { parsePythonJson, saveFiles } from "@onestep/core/internal/files";
import {
  bytesFile,
  EntryNotFoundError,
  type OpenRepositoryOptions,
  openRepository,
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

/** What pipelines read of a tokenizer. */
export interface CLIPTokenizerConfig {
  /** How many tokens the model takes at most, start and end of the text included; undefined where the files do not say. */
  readonly modelMaxLength: number | undefined;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly padToken: string;
}

/** A text as tokens, of a fixed number. */
export interface PaddedEncoding {
  /** From the start of the text to its end, then tokens of padding. */
  readonly inputIds: readonly number[];
  /** What was cut off at the end; undefined where the whole text had room. */
  readonly truncatedText: string | undefined;
}

/** The files of a tokenizer that are read where they are there. */
const fileNames = {
  vocab: "vocab.json",
  merges: "merges.txt",
  tokenizer: "tokenizer.json",
  config: "tokenizer_config.json",
  specialTokens: "special_tokens_map.json",
  addedTokens: "added_tokens.json",
} as const;

/** Far above what CLIP's files hold: 1 MB, or 4 MB as one file. */
const maximumBytes = 67_108_864;

/**
 * From text to the tokens of CLIP: byte-pair encoding of words in small letters; transformers' `CLIPTokenizer` (version 5).
 * Reads `vocab.json` and `merges.txt`, or `tokenizer.json`.
 *
 * @example
 * const tokenizer = await CLIPTokenizer.fromPretrained("SimianLuo/LCM_Dreamshaper_v7", { subfolder: "tokenizer" });
 * const ids = tokenizer.encode("a lighthouse in a storm");
 */
export class CLIPTokenizer {
  static readonly library: string = "transformers";
  static readonly className: string = "CLIPTokenizer";
  /** What the files say. */
  readonly config: CLIPTokenizerConfig;
  readonly #definition: TokenizerDefinition;
  readonly #files: ReadonlyMap<string, string>;
  /** Ids of the vectors that a token of textual inversion stands for, by its own. */
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
   * Loads a tokenizer as Python saved it.
   *
   * @param source - A Hub id, a folder, a URL of a folder, or files at hand.
   * @throws EntryNotFoundError where the folder has no files of a CLIPTokenizer.
   * @throws UnsupportedError where they are of another tokenizer.
   * @throws InvalidConfigError where a file does not hold what it should.
   */
  static async fromPretrained(
    source: RepositoryLocation,
    options: LoadTokenizerOptions & OpenRepositoryOptions = {},
  ): Promise<CLIPTokenizer> {
    return CLIPTokenizer.fromRepository(await openRepository(source, options), options);
  }

  /** Like {@link CLIPTokenizer.fromPretrained}, from a repository that is open already. */
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

  /** How many ids there are: one more than the largest of the vocabulary and of tokens that the files add to it. */
  get vocabularySize(): number {
    let most = -1;
    for (const id of this.#definition.vocabulary.values()) most = Math.max(most, id);
    for (const { id } of this.#definition.addedTokens) most = Math.max(most, id);
    return most + 1;
  }

  /** The tokens of a text, from the start of text to the end of text, however many they are. */
  encode(text: string): readonly number[] {
    requireText(text);
    const { ids }: { readonly ids: readonly number[] } = this.#tokenizer.encode(this.#prepare(text));
    return ids.flatMap((id) => this.#expansions.get(id) ?? [id]);
  }

  /**
   * The tokens of a text, cut off or padded to a length.
   *
   * @param maxLength - How many tokens; by default as many as the files say, or 77.
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

  /** The text of tokens: in small letters, with a space after each word. */
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

  /** Whether a token is in the vocabulary, or was added. */
  hasToken(token: string): boolean {
    return this.#definition.vocabulary.has(token) || this.#added.some(({ content }) => content === token);
  }

  /** The embeddings of added tokens, [vectors, width], in the order of their ids; undefined where there are none. */
  get addedEmbeddings(): Tensor<"float32"> | undefined {
    const parts = this.#inversions.map(({ embeddings }) => embeddings);
    return parts.length === 0 ? undefined : Tensor.concat(parts);
  }

  /** The tokens that were added. */
  get addedTokens(): readonly string[] {
    return this.#inversions.map(({ token }) => token);
  }

  /**
   * Adds a token that stands for vectors of its own (textual inversion; Gal et al., 2022). Wherever a text has it, also within a
   * word, its ids stand for all of its vectors.
   *
   * @param embeddings - [vectors, width of the text encoder].
   * @param firstId - The id of the first added token; the number of the text encoder's embeddings.
   * @throws InvalidArgumentError where the vocabulary has the token already.
   */
  addToken(token: string, embeddings: Tensor<"float32">, firstId: number): void {
    if (token === "" || this.hasToken(token)) {
      throw new InvalidArgumentError({
        subject: "token",
        found: `${JSON.stringify(token)}, which the tokenizer has already`,
        expected: "a token that it does not have",
        remedy: "Pass another `token` for the file, or unload the one that has it.",
      });
    }
    this.#setInversions([...this.#inversions, { token, embeddings }], firstId);
  }

  /** Removes an added token; all of them without a name. Texts are then encoded as before. */
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
      ids.forEach((id, index) => {
        added.push({ id, content: index === 0 ? token : `${token}_${index}` });
      });
      if (vectors > 1) expansions.set(ids[0] as number, ids);
    }
    this.#tokenizer = buildTokenizer(this.#definition, added);
    this.#inversions = inversions;
    this.#added = added;
    this.#expansions = expansions;
  }

  /** The files that {@link CLIPTokenizer.savePretrained} writes: those that it was read from, as they are. */
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
   * Keeps the library from two mistakes: JavaScript's small letter for a sigma is another at the end of a word, and a text that
   * becomes a special token only in small letters (`<|EndOfText|>`) is none.
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

/** A token of textual inversion, and what it stands for. */
interface Inversion {
  readonly token: string;
  readonly embeddings: Tensor<"float32">;
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

/** @throws UnsupportedError where the settings name another tokenizer. */
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
