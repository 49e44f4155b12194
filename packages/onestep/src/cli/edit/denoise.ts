import { ConsistencyModelDenoisingPipeline } from "@onestep/pipelines";
import { parseNumber } from "../arguments/parse-values.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { Edit } from "./edit.ts";
import { readImages } from "./read-images.ts";

/** `onestep edit denoise`. */
export const denoise: Edit = {
  defaultSteps: 1,
  async prepare(parsed) {
    const text = parsed.text("sigma");
    if (text === undefined) throw new UsageError("--sigma is missing: say how strong the noise is.");
    const sigma = parseNumber("sigma", text);
    const image = await readImages(parsed);
    return {
      imageCount: image.length,
      run: (pipe, options) =>
        ConsistencyModelDenoisingPipeline.fromPipe(pipe).generate({ ...options, image, sigma }),
    };
  },
};
