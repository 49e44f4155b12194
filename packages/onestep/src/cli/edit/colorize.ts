import { ConsistencyModelColorizationPipeline, type ResizeMode } from "@onestep/pipelines";
import type { Edit } from "./edit.ts";
import { readImages } from "./read-images.ts";

/** `onestep edit colorize`. */
export const colorize: Edit = {
  defaultSteps: 20,
  async prepare(parsed) {
    const image = await readImages(parsed);
    const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
    return {
      imageCount: image.length,
      run: (pipe, options) =>
        ConsistencyModelColorizationPipeline.fromPipe(pipe).generate({ ...options, image, resizeMode }),
    };
  },
};
