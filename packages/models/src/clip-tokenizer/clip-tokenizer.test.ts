import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { textCheckpoint } from "../__fixtures__/text-goldens.ts";
import { clipFiles } from "./__fixtures__/clip-files.ts";
import goldens from "./__fixtures__/tokenizer.json" with { type: "json" };
import { CLIPTokenizer } from "./clip-tokenizer.ts";

interface GoldenCase {
  readonly kind: string;
  readonly text: string;
  readonly ids: readonly number[];
  readonly idsPadExclamation?: readonly number[];
  readonly padded?: readonly number[];
  readonly paddedPadExclamation?: readonly number[];
  readonly truncatedText?: string | null;
}

const cases = goldens.cases as readonly GoldenCase[];

/** As published repositories write them; the second that of Stable Diffusion 2 and XL's second tokenizer. */
function settings(padToken: string): Readonly<Record<string, unknown>> {
  const flags = { lstrip: false, rstrip: false, single_word: false, special: true };
  return {
    tokenizer_class: "CLIPTokenizer",
    model_max_length: 77,
    added_tokens_decoder: {
      ...(padToken === "!" ? { 0: { content: "!", normalized: false, ...flags } } : {}),
      49406: { content: "<|startoftext|>", normalized: true, ...flags },
      49407: { content: "<|endoftext|>", normalized: true, ...flags },
    },
    bos_token: "<|startoftext|>",
    eos_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
    pad_token: padToken,
  };
}

const plain = clipFiles(settings("<|endoftext|>")).then((files) => CLIPTokenizer.fromPretrained(files));
const exclamation = clipFiles(settings("!")).then((files) => CLIPTokenizer.fromPretrained(files));

describe("the ids of transformers", () => {
  it("of 341 texts of 19 kinds", async () => {
    const tokenizer = await plain;
    for (const { kind, text, ids } of cases)
      expect([kind, text, tokenizer.encode(text)]).toEqual([kind, text, ids]);
    expect(cases).toHaveLength(341);
  });

  it("where `!` is the token of padding", async () => {
    const tokenizer = await exclamation;
    for (const { text, ids, idsPadExclamation = ids } of cases) {
      expect([text, tokenizer.encode(text)]).toEqual([text, idsPadExclamation]);
    }
  });

  it("padded and cut off to 77 tokens, with what is cut off", async () => {
    for (const { text, padded, paddedPadExclamation, truncatedText } of cases) {
      if (padded !== undefined) {
        const encoding = (await plain).encodePadded(text);
        expect(encoding.inputIds).toEqual(padded);
        if (truncatedText !== undefined) expect(encoding.truncatedText ?? null).toBe(truncatedText);
      }
      if (paddedPadExclamation !== undefined) {
        expect((await exclamation).encodePadded(text).inputIds).toEqual(paddedPadExclamation);
      }
    }
  });

  it.each(goldens.specialTokenSettings)("with special tokens as in $settings", async (golden) => {
    const tokenizer = await CLIPTokenizer.fromPretrained(await clipFiles(golden.tokenizerConfig));
    for (const [text, ids] of Object.entries(golden.ids)) {
      expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
    }
  });

  it("decoded", async () => {
    for (const { ids, text, withoutSpecialTokens } of goldens.decoded) {
      expect((await plain).decode(ids)).toBe(text);
      expect((await plain).decode(ids, { skipSpecialTokens: true })).toBe(withoutSpecialTokens);
    }
  });

  it.each(["lcm-tiny", "sd15-taesd-tiny"])(
    "of a vocabulary of 1,000 tokens, from the files of %s",
    async (name) => {
      const tokenizer = await CLIPTokenizer.fromPretrained(textCheckpoint(name), { subfolder: "tokenizer" });
      expect(tokenizer.vocabularySize).toBe(1000);
      for (const { text, ids, padded } of goldens.tiny) {
        expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
        expect(tokenizer.encodePadded(text).inputIds).toEqual(padded);
      }
    },
  );
});

describe("white space", () => {
  it.each(["red\nfox", "red\r\n\tfox", "red\u2003fox", " red fox "])(
    "%j separates words and vanishes",
    async (text) => {
      expect((await plain).encode(text)).toEqual((await plain).encode("red fox"));
      expect((await plain).encode(text)).not.toEqual((await plain).encode("redfox"));
    },
  );
});

describe("added tokens", () => {
  it("stand for all of their vectors, wherever they are in a text", async () => {
    const tokenizer = await CLIPTokenizer.fromPretrained(textCheckpoint("lcm-tiny"), {
      subfolder: "tokenizer",
    });
    const before = tokenizer.encode("a <harbor-style> fox");
    tokenizer.addToken("<harbor-style>", Tensor.zeros([3, 24]), 1000);
    expect(tokenizer.addedEmbeddings?.shape).toEqual([3, 24]);
    const [start, end] = [before[0], before.at(-1)];
    const a = tokenizer.encode("a")[1];
    expect(tokenizer.encode("a<harbor-style>a <HARBOR-STYLE>")).toEqual([
      ...[start, a, 1000, 1001, 1002, a, 1000, 1001, 1002, end],
    ]);
    expect(tokenizer.encode("<harbor-style>_1")).toEqual([start, 1001, end]);
    expect(() => tokenizer.addToken("<harbor-style>", Tensor.zeros([1, 24]), 1000)).toThrow(
      InvalidArgumentError,
    );
    tokenizer.removeTokens();
    expect(tokenizer.addedEmbeddings).toBeUndefined();
    expect(tokenizer.encode("a <harbor-style> fox")).toEqual(before);
  });
});
