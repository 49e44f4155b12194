import { ConsistencyModelPipeline } from "onestep";
import { emoji32 } from "onestep/emoji32";

/** The checkpoint that ships, which the server offers beside this page. */
const checkpoint = new URL("/emoji32/", location.href);

async function generate(source, loadOptions, generateOptions) {
  try {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(await source, loadOptions);
    const { images } = await pipe.generate(generateOptions);
    return { device: pipe.device, pixels: [...images[0].data] };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

/** Loads the model, makes an image, and frees the model. */
globalThis.generateImage = (...options) => generate(checkpoint, ...options);

/** The same with the files that the bundler has put beside this script. */
globalThis.generateBundledImage = (...options) => generate(emoji32(), ...options);

/** The same with no model named. */
globalThis.generateUnnamedImage = (...options) => generate(undefined, ...options);

/** Loads the model, makes images, encodes them as PNG, and says what stands in the PNGs about their size. */
globalThis.encodeImages = async (loadOptions, generateOptions) => {
  await using pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint, loadOptions);
  const { images } = await pipe.generate(generateOptions);
  const sizes = [];
  for (const image of images) {
    const { buffer } = await image.toPng();
    const view = new DataView(buffer);
    sizes.push([view.getUint32(16), view.getUint32(20)]);
  }
  return sizes;
};

/** Loads the model, makes images for some seconds after one to warm up, and says how many came out in a second. */
globalThis.countImages = async (loadOptions, generateOptions, seconds) => {
  await using pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint, loadOptions);
  await pipe.generate(generateOptions);
  const start = performance.now();
  let images = 0;
  while (performance.now() - start < seconds * 1000) {
    images += (await pipe.generate(generateOptions)).images.length;
  }
  return images / ((performance.now() - start) / 1000);
};
