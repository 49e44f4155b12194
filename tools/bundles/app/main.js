import { ConsistencyModelPipeline } from "onestep";

/** The checkpoint that ships, which the server offers beside this page. */
const checkpoint = new URL("/emoji32/", location.href);

/** Loads the model, makes an image, and frees the model. */
globalThis.generateImage = async (loadOptions, generateOptions) => {
  try {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint, loadOptions);
    const { images } = await pipe.generate(generateOptions);
    return { device: pipe.device, pixels: [...images[0].data] };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
};
