import type { Invocation } from "../command.ts";
import { chooseScheduler } from "./choose-scheduler.ts";
import { readGenerateRequest, requireCounts } from "./generate-request.ts";
import { makeImages } from "./make-images.ts";

/** `onestep generate`. */
export async function generateImages(invocation: Invocation): Promise<void> {
  const { arguments: parsed } = invocation;
  const request = readGenerateRequest(parsed);
  requireCounts(request);
  await makeImages(invocation, {
    request,
    schedulerClass: chooseScheduler(parsed.text("scheduler")),
    generate: (pipe, options) => pipe.generate(options),
  });
}
