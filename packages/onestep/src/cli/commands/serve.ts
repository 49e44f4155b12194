import type { Command } from "../command.ts";
import { httpOptions, modelOptions, queueOptions, servedModels } from "../serve/service-options.ts";

const options = [...httpOptions, ...modelOptions, ...queueOptions];

/** `onestep serve`. */
export const serveCommand: Command = {
  name: "serve",
  summary: "Answer requests for images over HTTP",
  description: [
    "Speaks OpenAI's images API, so the openai package, the AI SDK, Open WebUI and curl can use it: POST /v1/images/generations, /v1/images/edits and /v1/images/variations, /v1/files, /v1/batches, GET /v1/models. The page at / makes images by hand, /status shows what is going on, and /metrics is for Prometheus.",
    "Models are loaded before the service listens. With --queue it loads none: workers on this or other machines make the images (onestep worker).",
    "Each option can be set by an environment variable too, ONESTEP_PORT for --port, or in the file of --config; the command line comes first, then the environment.",
  ],
  positionals: [servedModels],
  options,
  examples: [
    "serve",
    "serve SimianLuo/LCM_Dreamshaper_v7 --alias gpt-image-1=SimianLuo/LCM_Dreamshaper_v7",
    "serve --host 0.0.0.0 --api-keys-file keys.txt",
    "serve --queue postgres://queue.internal/onestep --storage s3://images",
  ],
  stopNote: "Finishing the requests that are being answered…",
  async run(invocation) {
    const [{ ServiceSettings }, { serveImages }] = await Promise.all([
      import("../serve/service-settings.ts"),
      import("../serve/serve-images.ts"),
    ]);
    await serveImages(invocation, await ServiceSettings.read(invocation, options));
  },
};
