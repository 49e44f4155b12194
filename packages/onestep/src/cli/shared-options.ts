import type { OptionDefinition } from "./arguments/option-definition.ts";
import { singleFileOptions } from "./single-file-options.ts";

/** Options of every command. */
export const commonOptions: readonly OptionDefinition[] = [
  { name: "json", description: "Write the result, or the error, as one JSON document to stdout" },
  {
    name: "quiet",
    short: "q",
    description: "Write no progress and no notes; warnings and errors are written",
  },
  { name: "debug", description: "Show where in the code an error came from" },
  { name: "help", short: "h", description: "Show this text" },
];

/** Which cache to use. */
export const cacheDirOption: OptionDefinition = {
  name: "cache-dir",
  value: "folder",
  description:
    "Cache of the Hub, shared with Python (default: HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub)",
};

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
    description: "Which of several weights files to take: fp16 for diffusion_pytorch_model.fp16.safetensors",
  },
  {
    name: "state-dict-key",
    value: "name",
    description:
      "Which arrays of a weights file of torch to take, where it holds several sets of them: ema for those in its entry ema",
  },
  ...singleFileOptions,
  cacheDirOption,
  {
    name: "token",
    value: "token",
    description:
      "Access token of the Hub. Others on this machine can see it on the command line: rather set HF_TOKEN, or log in with Python's hf (default: HF_TOKEN, or the token file)",
  },
  {
    name: "endpoint",
    value: "url",
    description: "The Hub, or a mirror of it (default: HF_ENDPOINT or https://huggingface.co)",
  },
  { name: "local-files-only", description: "Take files from the cache alone, without a single request" },
];
