import { type Settings, seedsOf } from "../settings/settings.ts";

/** What a program needs beside the settings. */
export interface ProgramOptions {
  /** The class of each image; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
  /** What the model is called, where it is one of the person's files. */
  readonly localName: string | undefined;
}

/** The program in TypeScript that makes the images of some settings. */
export function formatTypeScript(settings: Settings, options: ProgramOptions): string {
  const { count, seed, steps, timesteps, model } = settings;
  const one = count === 1;
  const source =
    model.kind === "shipped"
      ? ""
      : model.kind === "hub"
        ? `${JSON.stringify(model.id)}${model.revision === undefined ? "" : `, { revision: ${JSON.stringify(model.revision)} }`}`
        : JSON.stringify(options.localName ?? "model");
  const fields = [
    ...classField("classLabels: ", options.classLabels),
    timesteps === undefined ? `numInferenceSteps: ${steps}` : `timesteps: [${timesteps.join(", ")}]`,
    one
      ? `seed: ${seed}`
      : `generator: [${seedsOf(settings).join(", ")}].map((seed) => new TorchGenerator(seed))`,
  ];
  return [
    `import { ConsistencyModelPipeline${one ? "" : ", TorchGenerator"} } from "onestep";`,
    "",
    `const pipe = await ConsistencyModelPipeline.from${isSingleFile(settings, options) ? "SingleFile" : "Pretrained"}(${source});`,
    "const { images } = await pipe.generate({",
    ...fields.map((field) => `  ${field},`),
    "});",
    one
      ? `await images[0].save("image.png");`
      : 'for (const [index, image] of images.entries()) await image.save(index + ".png");',
  ].join("\n");
}

/** The program in Python, with diffusers, that makes the same images. */
export function formatPython(settings: Settings, options: ProgramOptions): string {
  const { count, seed, steps, timesteps, model } = settings;
  const one = count === 1;
  const revision =
    model.kind === "hub" && model.revision !== undefined
      ? `, revision=${JSON.stringify(model.revision)}`
      : "";
  const source =
    model.kind === "shipped"
      ? "node_modules/@onestep/emoji32"
      : model.kind === "hub"
        ? model.id
        : (options.localName ?? "model");
  const fields = [
    ...(one ? [] : [`batch_size=${count}`]),
    ...classField("class_labels=", options.classLabels),
    timesteps === undefined ? `num_inference_steps=${steps}` : `timesteps=[${timesteps.join(", ")}]`,
    one
      ? `generator=torch.Generator("cpu").manual_seed(${seed})`
      : `generator=[torch.Generator("cpu").manual_seed(seed) for seed in [${seedsOf(settings).join(", ")}]]`,
  ];
  // diffusers reads such a file after its own script has converted it.
  const [folder, note] = isSingleFile(settings, options)
    ? ["converted", "  # by diffusers' scripts/convert_consistency_to_diffusers.py"]
    : [source, ""];
  return [
    "import torch",
    "from diffusers import ConsistencyModelPipeline",
    "",
    "pipe = ConsistencyModelPipeline.from_pretrained(",
    `    ${JSON.stringify(folder)}${revision}${note}`,
    ")",
    "images = pipe(",
    ...fields.map((field) => `    ${field},`),
    ").images",
    one
      ? `images[0].save("image.png")`
      : `for index, image in enumerate(images):\n    image.save(f"{index}.png")`,
  ].join("\n");
}

function classField(start: string, labels: readonly number[] | undefined): readonly string[] {
  if (labels === undefined) return [];
  const [first] = labels;
  return [`${start}${labels.length === 1 ? first : `[${labels.join(", ")}]`}`];
}

function isSingleFile({ model }: Settings, { localName = "" }: ProgramOptions): boolean {
  return model.kind === "files" && /\.(?:pt|pth|ckpt|bin|safetensors)$/i.test(localName);
}
