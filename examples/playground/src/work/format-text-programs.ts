import { type Settings, seedsOf, type TextSettings } from "../settings/settings.ts";
import type { ProgramOptions } from "./format-programs.ts";

/** The TypeScript program that makes images from a prompt. */
export function formatTextTypeScript(
  settings: Settings,
  text: TextSettings,
  { localName }: Pick<ProgramOptions, "localName">,
): string {
  const { model, steps, count } = settings;
  const revision =
    model.kind === "hub" && model.revision !== undefined
      ? `, { revision: ${JSON.stringify(model.revision)} }`
      : "";
  const one = count === 1;
  const seeds = seedsOf(settings);
  return [
    `import { AutoPipelineForText2Image${one ? "" : ", TorchGenerator"} } from "onestep";`,
    "",
    `const pipe = await AutoPipelineForText2Image.fromPretrained(${JSON.stringify(sourceOf(settings, localName))}${revision});`,
    "const { images } = await pipe.generate({",
    `  prompt: ${JSON.stringify(text.prompt)},`,
    ...(text.negativePrompt === "" ? [] : [`  negativePrompt: ${JSON.stringify(text.negativePrompt)},`]),
    `  guidanceScale: ${text.guidanceScale},`,
    `  numInferenceSteps: ${steps},`,
    `  width: ${text.width},`,
    `  height: ${text.height},`,
    ...(one
      ? [`  seed: ${seeds[0]},`]
      : [
          `  numImagesPerPrompt: ${count},`,
          `  generator: [${seeds.join(", ")}].map((seed) => new TorchGenerator(seed)),`,
        ]),
    "});",
    one
      ? `await images[0].save("image.png");`
      : 'for (const [index, image] of images.entries()) await image.save(index + ".png");',
  ].join("\n");
}

/** The Python program, using diffusers, that makes the same images. */
export function formatTextPython(
  settings: Settings,
  text: TextSettings,
  { localName }: Pick<ProgramOptions, "localName">,
): string {
  const { model, steps, count } = settings;
  const revision =
    model.kind === "hub" && model.revision !== undefined
      ? `, revision=${JSON.stringify(model.revision)}`
      : "";
  const one = count === 1;
  const seeds = seedsOf(settings);
  return [
    "import torch",
    "from diffusers import AutoPipelineForText2Image",
    "",
    "pipe = AutoPipelineForText2Image.from_pretrained(",
    `    ${JSON.stringify(sourceOf(settings, localName))}${revision}`,
    ")",
    "images = pipe(",
    `    ${JSON.stringify(text.prompt)},`,
    ...(text.negativePrompt === "" ? [] : [`    negative_prompt=${JSON.stringify(text.negativePrompt)},`]),
    `    guidance_scale=${text.guidanceScale},`,
    `    num_inference_steps=${steps},`,
    `    width=${text.width},`,
    `    height=${text.height},`,
    ...(one ? [] : [`    num_images_per_prompt=${count},`]),
    one
      ? `    generator=torch.Generator("cpu").manual_seed(${seeds[0]}),`
      : `    generator=[torch.Generator("cpu").manual_seed(seed) for seed in [${seeds.join(", ")}]],`,
    ").images",
    one
      ? `images[0].save("image.png")`
      : `for index, image in enumerate(images):\n    image.save(f"{index}.png")`,
  ].join("\n");
}

function sourceOf({ model }: Settings, localName: string | undefined): string {
  return model.kind === "hub" ? model.id : (localName ?? "model");
}
