import { ClassNames, type Id2Label } from "@onestep/pipelines";
import { type Settings, seedsOf } from "../settings/settings.ts";
import { formatTextPython, formatTextTypeScript } from "./format-text-programs.ts";

/** The maximum number of values to list individually if there is a shorter notation. */
const mostListed = 4;

/** What a program needs in addition to the settings. */
export interface ProgramOptions {
  /** The class of each image; `undefined` for models without classes. */
  readonly classLabels: readonly number[] | undefined;
  /** The class names from the model's own files. */
  readonly id2label: Id2Label | undefined;
  /** The name of the model, if it comes from the user's files. */
  readonly localName: string | undefined;
}

/** The TypeScript program that makes the images for some settings. */
export function formatTypeScript(settings: Settings, options: ProgramOptions): string {
  if (settings.text !== undefined) return formatTextTypeScript(settings, settings.text, options);
  const { count, seed, steps, timesteps, model } = settings;
  const one = count === 1;
  const source =
    model.kind === "shipped"
      ? ""
      : model.kind === "hub"
        ? `${JSON.stringify(model.id)}${model.revision === undefined ? "" : `, { revision: ${JSON.stringify(model.revision)} }`}`
        : JSON.stringify(options.localName ?? "model");
  const names = new ClassNames(options.id2label);
  const labels = options.classLabels?.map((id) => {
    const name = names.nameOf(id);
    // A name shared by two classes is ambiguous.
    return name !== undefined && names.labels[name] === id ? name : id;
  });
  const seeds = seedsOf(settings);
  const fields = [
    ...(labels === undefined ? [] : [`classLabels: ${formatLabels(labels)}`]),
    timesteps === undefined ? `numInferenceSteps: ${steps}` : `timesteps: [${timesteps.join(", ")}]`,
    one
      ? `seed: ${seed}`
      : count > mostListed && isRange(seeds)
        ? `generator: Array.from({ length: ${count} }, (_, index) => new TorchGenerator(${seed} + index))`
        : `generator: [${seeds.join(", ")}].map((seed) => new TorchGenerator(seed))`,
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

/** The Python program, using diffusers, that makes the same images. */
export function formatPython(settings: Settings, options: ProgramOptions): string {
  if (settings.text !== undefined) return formatTextPython(settings, settings.text, options);
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
  const { classLabels } = options;
  const fields = [
    ...(one ? [] : [`batch_size=${count}`]),
    ...(classLabels === undefined ? [] : [`class_labels=${formatPythonLabels(classLabels)}`]),
    timesteps === undefined ? `num_inference_steps=${steps}` : `timesteps=[${timesteps.join(", ")}]`,
    one
      ? `generator=torch.Generator("cpu").manual_seed(${seed})`
      : `generator=[torch.Generator("cpu").manual_seed(seed) for seed in ${formatPythonList(seedsOf(settings))}]`,
  ];
  // diffusers can read such a file after converting it with its script.
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

function formatLabels(labels: readonly (number | string)[]): string {
  const [first, ...others] = labels.map((label) => JSON.stringify(label));
  if (others.length === 0) return String(first);
  return labels.length > mostListed && others.every((other) => other === first)
    ? `Array(${labels.length}).fill(${first})`
    : `[${[first, ...others].join(", ")}]`;
}

function formatPythonLabels(labels: readonly number[]): string {
  const [first, ...others] = labels;
  if (others.length === 0) return String(first);
  if (labels.length <= mostListed) return `[${labels.join(", ")}]`;
  if (others.every((other) => other === first)) return `[${first}] * ${labels.length}`;
  return isRange(labels) ? `list(${formatPythonList(labels)})` : `[${labels.join(", ")}]`;
}

function formatPythonList(values: readonly number[]): string {
  const [first = 0] = values;
  return values.length > mostListed && isRange(values)
    ? `range(${first}, ${first + values.length})`
    : `[${values.join(", ")}]`;
}

function isRange(values: readonly number[]): boolean {
  return values.every((value, index) => value === (values[0] ?? 0) + index);
}

function isSingleFile({ model }: Settings, { localName = "" }: ProgramOptions): boolean {
  return model.kind === "files" && /\.(?:pt|pth|ckpt|bin|safetensors)$/i.test(localName);
}
