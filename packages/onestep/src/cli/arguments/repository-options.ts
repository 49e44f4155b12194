import type { OpenRepositoryOptions } from "@onestep/hub";
import type { Invocation } from "../command.ts";
import { type OptionDefinition, type ParsedArguments, UsageError } from "./parse-arguments.ts";
import { parseCount } from "./parse-values.ts";

/** The name of the bundled model. */
export const shippedModel = "@onestep/emoji32";

/** Which cache to use. */
export const cacheDirOption: OptionDefinition = {
  name: "cache-dir",
  value: "folder",
  completes: "folder",
  description:
    "Cache of the Hub, shared with Python (default: HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub)",
};

/** `--token`. */
export const tokenOption: OptionDefinition = {
  name: "token",
  value: "token",
  description:
    "Access token of the Hub. Other users of this machine can see it on the command line: prefer HF_TOKEN (default: HF_TOKEN, or the token file of `hf auth login`)",
};

/** `--endpoint`. */
export const endpointOption: OptionDefinition = {
  name: "endpoint",
  value: "url",
  description: "The Hub, or a mirror of it (default: HF_ENDPOINT or https://huggingface.co)",
};

/** Properties that a single-file original checkpoint does not record. */
const singleFileOptions: readonly OptionDefinition[] = [
  {
    name: "sample-size",
    value: "pixels",
    description:
      "For an original checkpoint in one file: height and width of its images, the --image_size of its training (known for the files that OpenAI published)",
  },
  {
    name: "attention-head-dim",
    value: "channels",
    description:
      "For an original checkpoint in one file: channels of one attention head, the --num_head_channels of its training (known for the files that OpenAI published)",
  },
  {
    name: "num-class-embeds",
    value: "count",
    description:
      "For an original checkpoint in one file: its number of classes, to check (default: read from its arrays)",
  },
  {
    name: "use-new-attention-order",
    value: "true|false",
    description:
      "For an original checkpoint in one file: false if it was trained with --use_new_attention_order False, which its arrays do not show (default: true)",
  },
];

/** Options of commands that open a model. */
export const repositoryOptions: readonly OptionDefinition[] = [
  {
    name: "revision",
    value: "name",
    description: "Branch, tag or commit of the model on the Hub (default: main)",
  },
  {
    name: "variant",
    value: "name",
    description: "Which variant of the weights to load: fp16 for diffusion_pytorch_model.fp16.safetensors",
  },
  {
    name: "state-dict-key",
    value: "name",
    description: "Which entry of a PyTorch file to load, if it holds several sets of weights: ema",
  },
  ...singleFileOptions,
  cacheDirOption,
  tokenOption,
  endpointOption,
  { name: "local-files-only", description: "Use cached files only; make no network requests" },
];

/** The single-file checkpoint options in their JavaScript form. */
export interface SingleFileSettings {
  readonly sampleSize: number | undefined;
  readonly attentionHeadDim: number | undefined;
  readonly numClassEmbeds: number | undefined;
  readonly useNewAttentionOrder: boolean | undefined;
}

/** @throws UsageError */
function readSingleFileSettings(parsed: ParsedArguments): SingleFileSettings {
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

/** @throws UsageError if one is given for a model whose config.json already specifies it. */
export function refuseSingleFileSettings(settings: SingleFileSettings): void {
  const names = ["sampleSize", "attentionHeadDim", "numClassEmbeds", "useNewAttentionOrder"] as const;
  const [given] = names.filter((name) => settings[name] !== undefined);
  if (given === undefined) return;
  const option = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(
    `--${option}: found a model in diffusers' layout, whose config.json says that, expected an original checkpoint in one file. Leave it out.`,
  );
}

function readTruth(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw new UsageError(`--use-new-attention-order: found ${JSON.stringify(text)}, expected true or false.`);
}

/** Repository options from the parsed arguments. */
export interface RepositorySettings extends OpenRepositoryOptions, SingleFileSettings {
  readonly variant: string | undefined;
  readonly stateDictKey: string | undefined;
}

/** Reads the options defined by `repositoryOptions`. @throws UsageError */
export function readRepositorySettings({
  arguments: parsed,
  output,
  system,
  signal,
}: Invocation): RepositorySettings {
  return {
    revision: parsed.text("revision"),
    variant: parsed.text("variant"),
    stateDictKey: parsed.text("state-dict-key"),
    ...readSingleFileSettings(parsed),
    cacheDir: parsed.text("cache-dir"),
    token: parsed.text("token"),
    endpoint: parsed.text("endpoint"),
    localFilesOnly: parsed.has("local-files-only"),
    environment: system.environment,
    onProgress: (event) => output.progress.show(event),
    signal,
  };
}
