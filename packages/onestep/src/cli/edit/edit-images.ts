import { UnsupportedError } from "@onestep/core";
import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { CMStochasticIterativeScheduler } from "@onestep/schedulers";
import type { Invocation } from "../command.ts";
import { readGenerateRequest, requireCounts } from "../generate/generate-request.ts";
import { shippedModel } from "../generate/generation-report.ts";
import { makeImages } from "../generate/make-images.ts";
import type { Edit } from "./edit.ts";

/** `onestep edit …`: reads the images, edits them, saves the results. */
export async function editImages(invocation: Invocation, edit: Edit): Promise<void> {
  const { arguments: parsed } = invocation;
  const model = parsed.text("model");
  const asked = readGenerateRequest(parsed);
  const { imageCount, run } = await edit.prepare(parsed);
  const batchSize = parsed.has("batch-size") ? asked.batchSize : Math.max(asked.batchSize, imageCount);
  const request = { ...asked, model, batchSize };
  if (edit.hasOwnSeeds !== true) requireCounts(request);
  await makeImages(invocation, {
    request,
    inputs: parsed.positionals,
    defaultSteps: edit.defaultSteps,
    // Images are edited with consistency models alone.
    schedulerClass: CMStochasticIterativeScheduler,
    async generate(pipe, options) {
      if (!(pipe instanceof ConsistencyModelPipeline)) {
        throw new UnsupportedError({
          subject: model ?? shippedModel,
          found: `a ${pipe.className}`,
          expected: "a consistency model, which images can be edited with",
          remedy:
            "Name one with --model: openai/diffusers-cd_imagenet64_l2, or leave it out for the model that ships.",
        });
      }
      let steps = 0;
      const { images, classLabels } = await run(pipe, {
        ...options,
        onProgress(event) {
          if (event.type === "step-end") steps = event.totalSteps;
          options.onProgress?.(event);
        },
      });
      return { images, classLabels, steps };
    },
  });
}
