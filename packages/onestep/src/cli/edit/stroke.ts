import { ConsistencyModelImg2ImgPipeline, type ResizeMode } from "@onestep/pipelines";
import { parseNumber } from "../arguments/parse-values.ts";
import type { Edit } from "./edit.ts";
import { readImages } from "./read-images.ts";

/** `onestep edit stroke`. */
export const stroke: Edit = {
  defaultSteps: 12,
  async prepare(parsed) {
    const text = parsed.text("strength");
    const strength = text === undefined ? undefined : parseNumber("strength", text);
    const image = await readImages(parsed);
    const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
    return {
      imageCount: image.length,
      run: (pipe, options) =>
        ConsistencyModelImg2ImgPipeline.fromPipe(pipe).generate({ ...options, image, strength, resizeMode }),
    };
  },
};
