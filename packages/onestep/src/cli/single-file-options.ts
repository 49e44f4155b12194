import type { OptionDefinition } from "./arguments/option-definition.ts";
import { parseCount } from "./arguments/parse-values.ts";
import type { ParsedArguments } from "./arguments/parsed-arguments.ts";
import { UsageError } from "./arguments/usage-error.ts";

/** What an original checkpoint in one file does not tell of itself. */
export const singleFileOptions: readonly OptionDefinition[] = [
  {
    name: "sample-size",
    value: "pixels",
    description:
      "Of an original checkpoint in one file: height and width of its images, the --image_size that it was trained with (known for those that OpenAI published)",
  },
  {
    name: "attention-head-dim",
    value: "channels",
    description:
      "Of an original checkpoint in one file: channels of one attention head, the --num_head_channels that it was trained with (known for those that OpenAI published)",
  },
  {
    name: "num-class-embeds",
    value: "count",
    description:
      "Of an original checkpoint in one file: how many classes it knows, to check (default: what its arrays tell)",
  },
  {
    name: "use-new-attention-order",
    value: "true|false",
    description:
      "Of an original checkpoint in one file: false where it was trained with --use_new_attention_order False; its arrays do not tell (default: true)",
  },
];

/** The options that {@link singleFileOptions} defines, as JavaScript has them. */
export interface SingleFileSettings {
  readonly sampleSize: number | undefined;
  readonly attentionHeadDim: number | undefined;
  readonly numClassEmbeds: number | undefined;
  readonly useNewAttentionOrder: boolean | undefined;
}

/** @throws UsageError */
export function readSingleFileSettings(parsed: ParsedArguments): SingleFileSettings {
  const count = (name: string): number | undefined => {
    const text = parsed.text(name);
    return text === undefined ? undefined : parseCount(name, text);
  };
  return {
    sampleSize: count("sample-size"),
    attentionHeadDim: count("attention-head-dim"),
    numClassEmbeds: count("num-class-embeds"),
    useNewAttentionOrder: readTruth(parsed.text("use-new-attention-order")),
  };
}

/** @throws UsageError where one is given for a model whose config.json tells it. */
export function refuseSingleFileSettings(settings: SingleFileSettings): void {
  const names = ["sampleSize", "attentionHeadDim", "numClassEmbeds", "useNewAttentionOrder"] as const;
  const [given] = names.filter((name) => settings[name] !== undefined);
  if (given === undefined) return;
  const option = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(
    `--${option}: found a model in diffusers' layout, whose config.json tells that, expected an original checkpoint in one file. Leave it out.`,
  );
}

function readTruth(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw new UsageError(`--use-new-attention-order: found ${JSON.stringify(text)}, expected true or false.`);
}
