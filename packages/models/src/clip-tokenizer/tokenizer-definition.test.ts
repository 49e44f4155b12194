import { InvalidConfigError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { CLIPTokenizer } from "./clip-tokenizer.ts";

/** A tokenizer of five tokens, with these merges. */
function tokenizerFiles(merges: unknown): readonly File[] {
  const vocab = { "<|startoftext|>": 3, "<|endoftext|>": 4, a: 0, "b</w>": 1, "ab</w>": 2 };
  const model = { type: "BPE", end_of_word_suffix: "</w>", vocab, merges };
  const config = {
    tokenizer_class: "CLIPTokenizer",
    model_max_length: 8,
    bos_token: "<|startoftext|>",
    eos_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
    pad_token: "<|endoftext|>",
  };
  return [
    new File([JSON.stringify({ model, added_tokens: [] })], "tokenizer.json"),
    new File([JSON.stringify(config)], "tokenizer_config.json"),
  ];
}

describe("merges of tokenizer.json", () => {
  it.each([[["a b</w>"]], [[["a", "b</w>"]]]])("are lines or pairs: %j", async (merges) => {
    const tokenizer = await CLIPTokenizer.fromPretrained(tokenizerFiles(merges));
    expect(tokenizer.encode("ab")).toEqual([3, 2, 4]);
  });

  it.each([
    [[{}]],
    [[null]],
    [[5]],
    [[["a"]]],
    [[["a", {}]]],
    [[["a", "b</w>", "c"]]],
    [[["a", ""]]],
    [["a"]],
    [["a b c"]],
    ["a b</w>"],
    [{ 0: "a b</w>" }],
  ])("are refused: %j", async (merges) => {
    const error = await CLIPTokenizer.fromPretrained(tokenizerFiles(merges)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error).toMatchObject({
      problem: { subject: expect.stringMatching(/^tokenizer\.json of .*: merge/) },
    });
  });
});
