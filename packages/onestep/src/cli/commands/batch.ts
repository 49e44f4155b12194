import { shippedModel } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";
import { modelOptions, queueOptions } from "../serve/service-options.ts";

/** `onestep batch`. */
export const batchCommand: Command = {
  name: "batch",
  summary: "Make the images of a file of requests",
  description: [
    'Each line of the file is a request as in OpenAI\'s batches: {"custom_id": "fox", "method": "POST", "url": "/v1/images/generations", "body": {"prompt": "a red fox", "seed": 7}}. The image of a line is a file named after its custom_id; fox-1.png and so on where it asks for several.',
    "The folder also gets results.jsonl, and errors.jsonl if lines fail, which is exit code 3. Stop with Ctrl-C and run the same command to continue: finished lines are kept, failed lines are tried again.",
  ],
  positionals: [
    {
      name: "requests",
      required: true,
      completes: "file",
      description: "The file, one request in each line",
    },
  ],
  options: [
    {
      name: "out",
      short: "o",
      value: "folder",
      completes: "file",
      description: "The folder for the images and the results; it is created if it does not exist",
    },
    {
      name: "model",
      value: "model",
      repeatable: true,
      completes: "folder",
      description: `A model to load; the first one is for lines that name none (default: the models that the lines name; for lines without one, ${shippedModel})`,
    },
    ...modelOptions,
    ...queueOptions.filter(({ name }) => name !== "config"),
  ],
  examples: [
    "batch requests.jsonl --out images",
    "batch requests.jsonl --out images --model SimianLuo/LCM_Dreamshaper_v7 --max-batch 8",
    "batch requests.jsonl --out images --queue postgres://queue.internal/onestep --storage s3://images",
  ],
  async run(invocation) {
    const { runBatch } = await import("../serve/run-batch.ts");
    await runBatch(invocation);
  },
};
