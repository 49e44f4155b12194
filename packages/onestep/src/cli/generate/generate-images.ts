import type { Invocation } from "../command.ts";
import { chooseScheduler } from "./choose-scheduler.ts";
import { readGenerateRequest } from "./generate-request.ts";
import { makeImages } from "./make-images.ts";

/** `onestep generate`. */
export async function generateImages(invocation: Invocation): Promise<void> {
  const { arguments: parsed } = invocation;
  const request = readGenerateRequest(parsed);
  const schedulerClass = chooseScheduler(parsed.text("scheduler"));
  await makeImages(invocation, {
    request,
    schedulerClass,
    async generate(pipe, options) {
      if (schedulerClass !== undefined) pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
      return pipe.generate(options);
    },
  });
}
