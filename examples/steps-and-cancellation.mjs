// @ts-check
// Several steps, with progress reports and a time limit. Ctrl-C also cancels.
//
//   node steps-and-cancellation.mjs [seconds] [file]

import { ConsistencyModelPipeline } from "onestep";

const [seconds = "60", file = "rocket.png"] = process.argv.slice(2);

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort(new Error("stopped by Ctrl-C")));
const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(Number(seconds) * 1000)]);

const pipe = await ConsistencyModelPipeline.fromPretrained(undefined, {
  onProgress: (event) => {
    if (event.type === "component-start") console.log(`loading ${event.component}`);
  },
});
try {
  const { images } = await pipe.generate({
    classLabels: "rocket",
    seed: 1,
    timesteps: [35, 31, 0],
    onStepEnd: ({ step, totalSteps, timestep }) => {
      console.log(`step ${step + 1} of ${totalSteps}, at timestep ${timestep.toFixed(1)}`);
    },
    signal,
  });
  await images[0]?.save(file);
  console.log(file);
} catch (error) {
  // The signal's reason is thrown, so an abort can be distinguished from a failure.
  if (!signal.aborted) throw error;
  console.log(`no image: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await pipe.dispose();
}
