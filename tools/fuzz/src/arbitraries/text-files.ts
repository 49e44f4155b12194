import fc, { type Arbitrary } from "fast-check";
import { byteMutations } from "./byte-mutation.ts";
import { jsonFiles } from "./json-files.ts";

/** The files of a folder, by name; absent ones are undefined. */
export type FolderFiles = Readonly<Record<string, Uint8Array | undefined>>;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The characters that stand for bytes in CLIP's vocabulary. */
const letters = "abcdefghijklmnopqrstuvwxyz!\"#$%&'()*+,-./0123456789:;<=>?@[]^_`{|}~".split("");
const pairs = ["r e", "re d</w>", "f o", "fo x</w>", "t h", "th e</w>"];
const tokens = [
  ...letters,
  ...letters.map((letter) => `${letter}</w>`),
  ...pairs.map((pair) => pair.replace(" ", "")),
  "<|startoftext|>",
  "<|endoftext|>",
];
const vocabulary = Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = { lstrip: false, rstrip: false, single_word: false, normalized: false, special: true };
const config = {
  tokenizer_class: "CLIPTokenizer",
  model_max_length: 77,
  added_tokens_decoder: {
    [tokens.length - 2]: { content: "<|startoftext|>", ...special },
    [tokens.length - 1]: { content: "<|endoftext|>", ...special },
  },
  bos_token: "<|startoftext|>",
  eos_token: { content: "<|endoftext|>", ...special },
  unk_token: "<|endoftext|>",
  pad_token: "!",
};
const specialTokens = { bos_token: { content: "<|startoftext|>", ...special }, pad_token: "<|endoftext|>" };
const whole = {
  version: "1.0",
  added_tokens: [
    { id: tokens.length - 2, content: "<|startoftext|>", ...special },
    { id: tokens.length - 1, content: "<|endoftext|>", ...special },
  ],
  model: {
    type: "BPE",
    unk_token: "<|endoftext|>",
    end_of_word_suffix: "</w>",
    vocab: vocabulary,
    merges: pairs.map((pair) => pair.split(" ")),
  },
};
const merges = `#version: 0.2\n${pairs.join("\n")}\n`;

const strange = fc.oneof(
  fc.constantFrom<unknown>(
    "<|endoftext|>",
    "</w>",
    "a b",
    "(",
    "[",
    "\\",
    "\ud800",
    "\u0000",
    "fox</w>",
    1e30,
  ),
  fc.constantFrom<unknown>(
    { content: "!" },
    { content: "" },
    ["a", "b"],
    [["a"]],
    "__proto__",
    4_294_967_296,
  ),
);

function damaged(document: Readonly<Record<string, unknown>>): Arbitrary<Uint8Array> {
  return jsonFiles([document], strange).map(({ bytes }) => bytes);
}

/** Lines that are missing, doubled or of other pieces, and damage to bytes. */
const damagedMerges: Arbitrary<Uint8Array> = fc
  .record({
    lines: fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom("", "a", "a b", "a b c", "zz yy", " ", "a  b", "a\tb", "\ufeffa b", "#"),
      ),
      { maxLength: 3 },
    ),
    ending: fc.constantFrom("\n", "\r\n", "\r", "\n\n"),
    mutations: fc.array(byteMutations, { maxLength: 2 }),
  })
  .map(({ lines, ending, mutations }) => {
    const changed = lines.reduce<string[]>(
      (list, [at, line]) => list.with(at % list.length, line),
      merges.split("\n"),
    );
    return mutations.reduce<Uint8Array>((value, mutate) => mutate(value), encode(changed.join(ending)));
  });

const good: FolderFiles = {
  "vocab.json": encode(JSON.stringify(vocabulary)),
  "merges.txt": encode(merges),
  "tokenizer_config.json": encode(JSON.stringify(config)),
  "special_tokens_map.json": encode(JSON.stringify(specialTokens)),
};
const goodWhole: FolderFiles = {
  "tokenizer.json": encode(JSON.stringify(whole)),
  "tokenizer_config.json": encode(JSON.stringify(config)),
};

/** The files of a tokenizer, with one or two of them damaged or missing; a tenth good. */
export const tokenizerFolders: Arbitrary<{ readonly files: FolderFiles; readonly isGood: boolean }> = fc
  .record({
    base: fc.constantFrom(good, goodWhole),
    changes: fc.oneof(
      { weight: 1, arbitrary: fc.constant({}) },
      {
        weight: 9,
        arbitrary: fc.oneof(
          fc.record({ "vocab.json": damaged(vocabulary) }),
          fc.record({ "merges.txt": damagedMerges }),
          fc.record({ "tokenizer.json": damaged(whole) }),
          fc.record({ "tokenizer.json": damaged(whole.model) }),
          fc.record({ "tokenizer_config.json": damaged(config) }),
          fc.record({ "special_tokens_map.json": damaged(specialTokens) }),
          fc.record({ "added_tokens.json": damaged({ "<fox>": tokens.length, "<|endoftext|>": 5 }) }),
          fc.record({
            "tokenizer_config.json": damaged(config),
            "special_tokens_map.json": damaged(specialTokens),
          }),
          fc.record({ "merges.txt": fc.constant(undefined) }),
          fc.record({ "vocab.json": fc.constant(undefined), "tokenizer_config.json": damaged(config) }),
        ),
      },
    ),
  })
  .map(({ base, changes }) => ({
    files: { ...base, ...changes } as FolderFiles,
    isGood: Object.keys(changes).length === 0,
  }));
