import { Tokenizer } from "@huggingface/tokenizers";
import type { TokenizerDefinition } from "./tokenizer-definition.ts";

/** The token of one textual inversion vector. */
export interface AddedWord {
  readonly id: number;
  readonly content: string;
}

// White space as in Unicode and in Rust: `\s` of JavaScript has U+FEFF, and lacks U+0085.
const wordPattern =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\p{White_Space}\\p{L}\\p{N}]+";

/** The tokenizer, built from a `tokenizer.json` like transformers'. */
export function buildTokenizer(definition: TokenizerDefinition, added: readonly AddedWord[]): Tokenizer {
  const { vocabulary, merges, addedTokens, bosToken, eosToken, unkToken } = definition;
  const idOf = (token: string): number =>
    addedTokens.find(({ content }) => content === token)?.id ?? (vocabulary.get(token) as number);
  const flags = { single_word: false, lstrip: false, rstrip: false };
  return new Tokenizer(
    {
      version: "1.0",
      added_tokens: [
        ...addedTokens.map((token) => ({ ...token, ...flags })),
        // Matched in normalised text, which is lowercase.
        ...added.map(({ id, content }) => ({
          id,
          content: content.toLowerCase(),
          normalized: true,
          special: false,
          ...flags,
        })),
      ],
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "NFC" },
          { type: "Replace", pattern: { Regex: "\\p{White_Space}+" }, content: " " },
          { type: "Lowercase" },
        ],
      },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: wordPattern }, behavior: "Removed", invert: true },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
      post_processor: {
        type: "RobertaProcessing",
        sep: [eosToken, idOf(eosToken)],
        cls: [bosToken, idOf(bosToken)],
        trim_offsets: false,
        add_prefix_space: false,
      },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: "BPE",
        unk_token: unkToken,
        continuing_subword_prefix: "",
        end_of_word_suffix: "</w>",
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(vocabulary),
        merges: merges.map((pair) => [...pair]),
      },
    },
    {},
  );
}
