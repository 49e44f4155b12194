import { InvalidConfigError, PythonFloat, type PythonJson } from "@onestep/core";
import { describeJson, isJsonObject } from "@onestep/core/internal";

/** A token split off before anything else, as described in `tokenizer.json`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it is matched after normalisation, in lowercase text. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** The parts of a tokenizer, independent of its file format. */
export interface TokenizerDefinition {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pairs to merge, by priority. */
  readonly merges: readonly (readonly [string, string])[];
  readonly addedTokens: readonly AddedToken[];
  readonly bosToken: string;
  readonly eosToken: string;
  readonly padToken: string;
  readonly unkToken: string;
  /** Maximum number of tokens; undefined if the files do not say. */
  readonly modelMaxLength: number | undefined;
}

/** The parsed JSON files of a tokenizer's folder, as far as present. */
export interface TokenizerDocuments {
  readonly vocab?: PythonJson | undefined;
  readonly merges?: string | undefined;
  readonly tokenizer?: PythonJson | undefined;
  readonly config?: PythonJson | undefined;
  readonly specialTokens?: PythonJson | undefined;
  readonly addedTokens?: PythonJson | undefined;
}

const startOfText = "<|startoftext|>";
const endOfText = "<|endoftext|>";
const roles = ["bos_token", "eos_token", "unk_token", "pad_token"] as const;
type Role = (typeof roles)[number];
const defaults: Readonly<Record<Role, string>> = {
  bos_token: startOfText,
  eos_token: endOfText,
  unk_token: endOfText,
  pad_token: endOfText,
};

/** Above this, `model_max_length` is meaningless: transformers writes 10³⁰ if unknown. */
const largestLength = 1_000_000;

/**
 * Combines the files of a tokenizer, as transformers 5 does (`tokenization_utils_tokenizers.py`).
 *
 * @param source - Names the folder in messages.
 * @throws InvalidConfigError if a file has unexpected content.
 */
export function readTokenizerDefinition(documents: TokenizerDocuments, source: string): TokenizerDefinition {
  const config = record(documents.config ?? {}, `tokenizer_config.json of ${source}`);
  const specials = record(documents.specialTokens ?? {}, `special_tokens_map.json of ${source}`);
  const { vocabulary, merges, addedTokens: listed } = readModel(documents, source);
  const decoder = config["added_tokens_decoder"];
  // Newer files describe every token in full; in older ones, the special tokens map comes last.
  const named = decoder === undefined ? { ...config, ...specials } : config;
  const contents = new Map<Role, string>();
  const tokens = new Map<string, AddedToken>(listed.map((token) => [token.content, token]));
  if (decoder !== undefined) {
    for (const token of readDecoder(decoder, source)) tokens.set(token.content, token);
  }
  for (const role of roles) {
    const entry = named[role] ?? specials[role] ?? defaults[role];
    const content = contentOf(entry, role, source);
    contents.set(role, content);
    const isListed = listed.length > 0 || decoder !== undefined;
    if (isListed && tokens.has(content)) continue;
    const id = vocabulary.get(content);
    if (id === undefined) {
      if (role === "unk_token") continue;
      throw invalid(`${role} of ${source}`, JSON.stringify(content), "a token of the vocabulary");
    }
    const normalized = isJsonObject(entry) ? entry["normalized"] !== false : false;
    tokens.set(content, { id, content, normalized, special: true });
  }
  for (const [content, id] of Object.entries(
    record(documents.addedTokens ?? {}, `added_tokens.json of ${source}`),
  )) {
    const known = tokens.has(content);
    if (!known)
      tokens.set(content, { id: requireId(id, content, source), content, normalized: false, special: false });
  }
  const content = (role: Role): string => contents.get(role) as string;
  return {
    vocabulary,
    merges,
    addedTokens: [...tokens.values()].sort((left, right) => left.id - right.id),
    bosToken: content("bos_token"),
    eosToken: content("eos_token"),
    padToken: content("pad_token"),
    unkToken: content("unk_token"),
    modelMaxLength: readLength(config["model_max_length"]),
  };
}

/** The byte-pair encoding, from `tokenizer.json` or from `vocab.json` and `merges.txt`. */
function readModel(
  { vocab, merges = "", tokenizer }: TokenizerDocuments,
  source: string,
): Pick<TokenizerDefinition, "vocabulary" | "merges" | "addedTokens"> {
  if (tokenizer === undefined) {
    const pairs = merges
      .split(/\r?\n/)
      .filter((line, index) => line !== "" && !(index === 0 && line.startsWith("#")));
    return {
      vocabulary: readVocabulary(vocab, `vocab.json of ${source}`),
      merges: pairs.map((line, index) => splitPair(line, index, `merges.txt of ${source}`)),
      addedTokens: [],
    };
  }
  const name = `tokenizer.json of ${source}`;
  const document = record(tokenizer, name);
  const model = record(document["model"] ?? null, `${name}: model`);
  const suffix = model["end_of_word_suffix"];
  if (model["type"] !== "BPE" || suffix !== "</w>") {
    throw invalid(
      `${name}: model`,
      `${describeJson(model["type"] ?? null)} with the end_of_word_suffix ${describeJson(suffix ?? null)}`,
      'CLIP\'s, "BPE" with "</w>"',
    );
  }
  const list = model["merges"];
  if (!Array.isArray(list)) throw invalid(`${name}: merges`, describeJson(list ?? null), "a list");
  const added = document["added_tokens"];
  return {
    vocabulary: readVocabulary(model["vocab"], `${name}: vocab`),
    merges: list.map((pair, index) => readPair(pair, index, name)),
    addedTokens: Array.isArray(added) ? added.map((entry) => readAddedToken(entry, undefined, name)) : [],
  };
}

function readVocabulary(document: PythonJson | undefined, name: string): ReadonlyMap<string, number> {
  const entries = Object.entries(record(document ?? null, name));
  if (entries.length === 0) throw invalid(name, "no tokens", "an object from tokens to their ids");
  return new Map(entries.map(([token, id]) => [token, requireId(id, token, name)]));
}

/** A merge: a line, or a list of two tokens, as tokenizers 0.20 and later write it. */
function readPair(pair: PythonJson, index: number, name: string): readonly [string, string] {
  if (typeof pair === "string") return splitPair(pair, index, name);
  const [first, second, ...rest] = Array.isArray(pair) ? pair : [];
  if (isToken(first) && isToken(second) && rest.length === 0) return [first, second];
  throw invalid(`${name}: merge ${index + 1}`, describeJson(pair), "two tokens");
}

function isToken(json: PythonJson | undefined): json is string {
  return typeof json === "string" && json !== "";
}

function splitPair(line: string, index: number, name: string): readonly [string, string] {
  const [first, second, ...rest] = line.split(" ");
  if (isToken(first) && isToken(second) && rest.length === 0) return [first, second];
  throw invalid(`${name}: merge ${index + 1}`, JSON.stringify(line), "two tokens with a space between them");
}

function readDecoder(decoder: PythonJson, source: string): readonly AddedToken[] {
  const name = `added_tokens_decoder in tokenizer_config.json of ${source}`;
  return Object.entries(record(decoder, name)).map(([id, entry]) => readAddedToken(entry, id, name));
}

function readAddedToken(entry: PythonJson, key: string | undefined, name: string): AddedToken {
  const token = record(entry, name);
  const content = token["content"];
  if (typeof content !== "string" || content === "") {
    throw invalid(name, describeJson(content ?? null), "the text of a token in content");
  }
  const id =
    key === undefined ? requireId(token["id"] ?? null, content, name) : requireId(Number(key), content, name);
  return { id, content, normalized: token["normalized"] === true, special: token["special"] === true };
}

function contentOf(entry: PythonJson, role: Role, source: string): string {
  const content = isJsonObject(entry) ? entry["content"] : entry;
  if (typeof content === "string" && content !== "") return content;
  throw invalid(`${role} of ${source}`, describeJson(entry), "a token, or an object with its content");
}

function readLength(json: PythonJson | undefined): number | undefined {
  const length = json instanceof PythonFloat ? json.value : json;
  if (typeof length !== "number" || !(length >= 2 && length <= largestLength)) return undefined;
  return Math.floor(length);
}

function requireId(json: PythonJson, token: string, name: string): number {
  const id = json instanceof PythonFloat ? json.value : json;
  if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
  throw invalid(
    `${name}: ${JSON.stringify(token.slice(0, 40))}`,
    describeJson(json),
    "an id, an integer from 0",
  );
}

function record(json: PythonJson, name: string): Readonly<Record<string, PythonJson>> {
  if (isJsonObject(json)) return json;
  throw invalid(name, describeJson(json), "a JSON object");
}

function invalid(subject: string, found: string, expected: string): InvalidConfigError {
  return new InvalidConfigError({
    subject,
    found,
    expected,
    remedy: "Check that the folder is that of a CLIPTokenizer, and its files whole.",
  });
}
