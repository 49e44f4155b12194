import { ConsistencyModelInpaintPipeline, type ResizeMode } from "@onestep/pipelines";
import { UsageError } from "../arguments/usage-error.ts";
import type { Edit } from "./edit.ts";
import { readImageFile } from "./read-image-file.ts";
import { readImages } from "./read-images.ts";

/** `onestep edit inpaint`. */
export const inpaint: Edit = {
  defaultSteps: 20,
  async prepare(parsed) {
    const paths = parsed.texts("mask");
    if (paths.length === 0)
      throw new UsageError("--mask is missing: name an image that is white where to paint.");
    const [image, mask] = await Promise.all([readImages(parsed), Promise.all(paths.map(readImageFile))]);
    const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
    return {
      imageCount: Math.max(image.length, mask.length),
      run: (pipe, options) =>
        ConsistencyModelInpaintPipeline.fromPipe(pipe).generate({ ...options, image, mask, resizeMode }),
    };
  },
};
