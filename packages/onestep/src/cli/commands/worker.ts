import type { Command } from "../command.ts";
import { httpOptions, modelOptions, queueOptions, servedModels } from "../serve/service-options.ts";

const shared = ["log-format", "log-prompts", "shutdown-seconds"];
const options = [
  ...queueOptions,
  ...modelOptions,
  ...httpOptions.filter(({ name }) => shared.includes(name)),
];

/** `onestep worker`. */
export const workerCommand: Command = {
  name: "worker",
  summary: "Make the images of a service on many machines",
  description: [
    "Loads models and takes jobs from the queue of `onestep serve --queue`. Start one for each device, on any machine; it may be stopped or killed at any time, and another worker goes on with its jobs.",
    "Each option can be set by an environment variable too, ONESTEP_QUEUE for --queue, or in the file of --config.",
  ],
  positionals: [servedModels],
  options,
  examples: [
    "worker --queue redis://queue.internal SimianLuo/LCM_Dreamshaper_v7",
    "worker --queue postgres://queue.internal/onestep --storage s3://images --device webgpu",
  ],
  stopNote: "Finishing the current images…",
  async run(invocation) {
    const [{ ServiceSettings }, { runQueueWorker }] = await Promise.all([
      import("../serve/service-settings.ts"),
      import("../serve/run-worker.ts"),
    ]);
    await runQueueWorker(invocation, await ServiceSettings.read(invocation, options));
  },
};
