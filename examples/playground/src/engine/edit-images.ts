import {
  ConsistencyModelColorizationPipeline,
  ConsistencyModelDenoisingPipeline,
  ConsistencyModelImg2ImgPipeline,
  ConsistencyModelInpaintPipeline,
  ConsistencyModelInterpolationPipeline,
  type ConsistencyModelPipeline,
  ConsistencyModelSuperResolutionPipeline,
  type RasterImage,
  randnTensor,
  type StepEndEvent,
  type Tensor,
  TorchGenerator,
} from "onestep";
import { framesOfSample, imageOfFrame } from "./frames.ts";
import { framesOfPrediction, generatorsOf, type MakeImagesOptions, StepWatch } from "./make-images.ts";
import type { EditRequest, GenerateReply } from "./messages.ts";

/** Edits a picture, once per seed, with the pipeline class for that edit. The model is shared, not reloaded. */
export async function editImages(
  pipe: ConsistencyModelPipeline,
  request: EditRequest,
  { signal, onFrames }: MakeImagesOptions,
): Promise<GenerateReply> {
  const watch = new StepWatch(onFrames);
  const common = {
    classLabels: request.classLabels,
    signal,
    onStepEnd: (event: StepEndEvent) => watch.endStep(event, framesOfPrediction(event)),
  };
  return watch.reply(await runEdit(pipe, request, { ...common, onFrames }));
}

type Common = Pick<EditRequest, "classLabels"> &
  MakeImagesOptions & { readonly onStepEnd: (event: StepEndEvent) => void };

async function runEdit(
  pipe: ConsistencyModelPipeline,
  { edit, seeds, steps }: EditRequest,
  { onFrames, ...common }: Common,
): Promise<readonly RasterImage[]> {
  const batchSize = seeds.length;
  const sampled = { ...common, batchSize, generator: generatorsOf(seeds) };
  const stepped = { ...sampled, numInferenceSteps: steps };
  switch (edit.kind) {
    case "inpaint": {
      const [image, mask] = [imageOfFrame(edit.image), imageOfFrame(edit.mask)];
      const { images } = await ConsistencyModelInpaintPipeline.fromPipe(pipe).generate({
        ...stepped,
        image,
        mask,
      });
      return images;
    }
    case "colorize": {
      const image = imageOfFrame(edit.image);
      return (await ConsistencyModelColorizationPipeline.fromPipe(pipe).generate({ ...stepped, image }))
        .images;
    }
    case "upscale": {
      const { factor } = edit;
      const image = imageOfFrame(edit.image);
      const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
      return (await upscale.generate({ ...stepped, image, factor })).images;
    }
    case "strokes": {
      const { strength } = edit;
      const image = imageOfFrame(edit.image);
      return (await ConsistencyModelImg2ImgPipeline.fromPipe(pipe).generate({ ...stepped, image, strength }))
        .images;
    }
    case "denoise": {
      const { sigma, noiseSeed } = edit;
      const image = addNoise(imageOfFrame(edit.image).toTensor(), sigma, noiseSeed);
      // The model's input; values outside the range from black to white are clamped for display only.
      const frames = framesOfSample(image.mul(2).sub(1).clamp(-1, 1));
      onFrames({ type: "frames", step: 0, totalSteps: 1, timestep: undefined, frames });
      const denoise = ConsistencyModelDenoisingPipeline.fromPipe(pipe);
      return (await denoise.generate({ ...sampled, image, sigma })).images;
    }
    case "interpolate": {
      const { ends, frames } = edit;
      const [label] = common.classLabels ?? [];
      const options = { ...common, classLabels: label, frames };
      const interpolate = ConsistencyModelInterpolationPipeline.fromPipe(pipe);
      if ("seeds" in ends) return (await interpolate.generate({ ...options, seeds: ends.seeds })).images;
      const images = ends.images.map(imageOfFrame);
      return (await interpolate.generate({ ...options, images, seed: seeds[0] })).images;
    }
  }
}

/** Adds noise to a picture in [0, 1]; `sigma` is defined for pixels in [−1, 1]. */
function addNoise(image: Tensor<"float32">, sigma: number, seed: number | undefined): Tensor<"float32"> {
  if (seed === undefined) return image;
  return image.add(randnTensor(image.shape, new TorchGenerator(seed)).mul(sigma / 2));
}
