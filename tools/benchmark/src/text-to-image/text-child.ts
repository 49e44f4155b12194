import { DiffusionPipeline, type LatentPipelineOutput, type TextToImageOptions } from "onestep";
import { readPeakMemory } from "../measure/process-memory.ts";
import type { TextResult, TextTask } from "./measure-text-to-image.ts";

// Does the task in the argument and prints what it measured as one line of JSON.
const task = JSON.parse(process.argv[2] ?? "") as TextTask;

/** What pipelines with a prompt have. */
interface PromptPipeline {
  generate(options: TextToImageOptions<"tensor">): Promise<LatentPipelineOutput<"tensor">>;
  dispose(): Promise<void>;
}

const {
  checkpoint,
  threads,
  height,
  width,
  steps: numInferenceSteps,
  guidanceScale,
  repeats,
  startedAt,
} = task;
const loaded = await DiffusionPipeline.fromPretrained(checkpoint, {
  threads,
  device: "cpu",
  optimizeFor: task.optimizeFor,
});
const pipe = loaded as unknown as PromptPipeline;
const readyMilliseconds = Date.now() - startedAt;
const images: TextResult["images"][number][] = [];
for (let repeat = 0; repeat <= repeats; repeat += 1) {
  const stepTimes: number[] = [];
  const start = performance.now();
  let last = start;
  await pipe.generate({
    prompt: "a lighthouse in a storm, oil on canvas",
    height,
    width,
    numInferenceSteps,
    guidanceScale,
    seed: repeat,
    outputType: "tensor",
    onStepEnd: () => {
      const now = performance.now();
      stepTimes.push(now - last);
      last = now;
    },
  });
  const end = performance.now();
  images.push({ milliseconds: end - start, stepMilliseconds: stepTimes, decodeMilliseconds: end - last });
}
const result: TextResult = {
  readyMilliseconds,
  images: images.slice(1),
  firstMilliseconds: images[0]?.milliseconds ?? 0,
  peakBytes: readPeakMemory(),
};
console.log(JSON.stringify(result));
await pipe.dispose();
