import { sessionOptions } from "../arguments/image-options.ts";
import type { OptionDefinition } from "../arguments/parse-arguments.ts";
import { repositoryOptions, shippedModel } from "../arguments/repository-options.ts";
import type { PositionalDefinition } from "../command.ts";

const hubOptions = ["revision", "variant", "cache-dir", "token", "endpoint", "local-files-only"];

/** The models of a service or a worker. */
export const servedModels: PositionalDefinition = {
  name: "model",
  repeatable: true,
  completes: "folder",
  description: `Models on the Hub, folders or URLs of folders. Without one: the included model of thirty emoji, ${shippedModel}`,
};

/** The options with which models of a service are loaded. */
export const modelOptions: readonly OptionDefinition[] = [
  {
    name: "lora",
    value: "name=source",
    repeatable: true,
    description:
      "A LoRA adapter that requests may choose by this name; of the first model, or of another as name@model=source",
  },
  {
    name: "max-batch",
    value: "count",
    description:
      "The most images of one run (default: auto, measured at the start: more where that is faster)",
  },
  {
    name: "instances",
    value: "count",
    description:
      "How many copies of a model make images at the same time (default: auto, measured at the start: one a core where that is faster)",
  },
  {
    name: "memory",
    value: "gigabytes",
    description:
      "How much memory loaded models may take; those used longest ago are unloaded (default: three quarters of this machine's)",
  },
  ...sessionOptions,
  ...repositoryOptions.filter(({ name }) => hubOptions.includes(name)),
];

/** The options that say where jobs wait and images are kept. */
export const queueOptions: readonly OptionDefinition[] = [
  {
    name: "queue",
    value: "url",
    description:
      "The queue of workers on other machines: redis://host, rediss://host or postgres://host/database (default: none, images are made in this process)",
  },
  {
    name: "storage",
    value: "location",
    completes: "folder",
    description:
      "A folder, or s3://bucket/prefix?endpoint=url; with --queue, the same one for front ends and workers (default: onestep in the user's state folder)",
  },
  {
    name: "config",
    value: "file",
    completes: "file",
    description:
      "Settings as JSON, by the names of the options; options and environment variables come first",
  },
];

/** The options of the HTTP side. */
export const httpOptions: readonly OptionDefinition[] = [
  {
    name: "host",
    value: "address",
    description: "Where to listen (default: 127.0.0.1, which only this machine reaches)",
  },
  {
    name: "port",
    value: "number",
    description: "The port to listen on; 0 for any that is free (default: 8000)",
  },
  {
    name: "api-keys-file",
    value: "file",
    completes: "file",
    description:
      "API keys, one a line: a name, a space, and the key, or sha256: and its digest (or ONESTEP_API_KEYS, as name:key,name:key)",
  },
  { name: "no-auth", description: "Listen on another address than this machine's without API keys" },
  {
    name: "allowed-host",
    value: "name",
    repeatable: true,
    description: "A host name that requests may be for, besides this machine's",
  },
  {
    name: "cors-origin",
    value: "origin",
    repeatable: true,
    description: "An origin whose pages may call the service: https://app.example.com",
  },
  {
    name: "public-url",
    value: "url",
    description: "The address that clients know the service by, for URLs of images",
  },
  {
    name: "alias",
    value: "name=model",
    repeatable: true,
    description: "Another name of a model, for clients that fix it: gpt-image-1=SimianLuo/LCM_Dreamshaper_v7",
  },
  { name: "max-images", value: "count", description: "The most images of one request (default: 32)" },
  {
    name: "max-queue-seconds",
    value: "seconds",
    description: "How long a request may have to wait before it is refused (default: 60)",
  },
  {
    name: "max-requests-per-key",
    value: "count",
    description: "The most requests of one key at a time (default: 64)",
  },
  { name: "strict", description: "Refuse requests with unknown fields, which are ignored otherwise" },
  {
    name: "log-format",
    value: "name",
    choices: ["text", "json"],
    description: "How requests are logged (default: text on a terminal, json elsewhere)",
  },
  { name: "log-prompts", description: "Write prompts to the log" },
  {
    name: "shutdown-seconds",
    value: "seconds",
    description: "How long a stop waits for requests that are being answered (default: 25)",
  },
];
