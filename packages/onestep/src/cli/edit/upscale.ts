import { ConsistencyModelSuperResolutionPipeline, type ResizeMode } from "@onestep/pipelines";
import { parseCount } from "../arguments/parse-values.ts";
import type { Edit } from "./edit.ts";
import { readImages } from "./read-images.ts";

/** `onestep edit upscale`. */
export const upscale: Edit = {
  defaultSteps: 20,
  async prepare(parsed) {
    const text = parsed.text("factor");
    const factor = text === undefined ? undefined : parseCount("factor", text);
    const image = await readImages(parsed);
    const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
    return {
      imageCount: image.length,
      run: (pipe, options) =>
        ConsistencyModelSuperResolutionPipeline.fromPipe(pipe).generate({
          ...options,
          image,
          factor,
          resizeMode,
        }),
    };
  },
};
