import { ClassNames } from "@onestep/pipelines";
import type { Edit } from "../engine/messages.ts";
import { type Settings, seedsOf } from "../settings/settings.ts";
import type { ProgramOptions } from "./format-programs.ts";

/** What an edit program needs in addition to the settings. */
export interface EditProgramOptions extends ProgramOptions {
  readonly steps: number;
}

const classNames: Readonly<Record<Edit["kind"], string>> = {
  inpaint: "ConsistencyModelInpaintPipeline",
  strokes: "ConsistencyModelImg2ImgPipeline",
  colorize: "ConsistencyModelColorizationPipeline",
  upscale: "ConsistencyModelSuperResolutionPipeline",
  denoise: "ConsistencyModelDenoisingPipeline",
  interpolate: "ConsistencyModelInterpolationPipeline",
};

/** The TypeScript program that edits `picture.png`. */
export function formatEditProgram(
  edit: Edit,
  settings: Settings,
  { classLabels, id2label, localName, steps }: EditProgramOptions,
): string {
  const { model } = settings;
  const source =
    model.kind === "shipped" ? "" : JSON.stringify(model.kind === "hub" ? model.id : (localName ?? "model"));
  const [label] = classLabels ?? [];
  const name = label === undefined ? undefined : new ClassNames(id2label).nameOf(label);
  const seeds = seedsOf(settings);
  const one = seeds.length === 1;
  const betweenSeeds = edit.kind === "interpolate" && "seeds" in edit.ends;
  const fields = [
    ...fieldsOf(edit),
    ...(label === undefined ? [] : [`classLabels: ${JSON.stringify(name ?? label)}`]),
    ...(edit.kind === "denoise" || edit.kind === "interpolate" ? [] : [`numInferenceSteps: ${steps}`]),
    ...(betweenSeeds || edit.kind === "denoise"
      ? []
      : [
          one
            ? `seed: ${seeds[0]}`
            : `generator: [${seeds.join(", ")}].map((seed) => new TorchGenerator(seed))`,
        ]),
  ];
  const pictures = betweenSeeds
    ? []
    : [
        'const image = await RasterImage.load("picture.png");',
        ...(edit.kind === "inpaint" ? ['const mask = await RasterImage.load("mask.png");'] : []),
        ...(edit.kind === "interpolate" ? ['const second = await RasterImage.load("second.png");'] : []),
      ];
  const imports = [
    classNames[edit.kind],
    ...(pictures.length === 0 ? [] : ["RasterImage"]),
    ...(one || edit.kind === "denoise" || edit.kind === "interpolate" ? [] : ["TorchGenerator"]),
  ];
  return [
    `import { ${imports.join(", ")} } from "onestep";`,
    "",
    `const pipe = await ${classNames[edit.kind]}.fromPretrained(${source});`,
    ...pictures,
    "const { images } = await pipe.generate({",
    ...fields.map((field) => `  ${field},`),
    "});",
    one && edit.kind !== "interpolate"
      ? 'await images[0].save("edited.png");'
      : 'for (const [index, edited] of images.entries()) await edited.save(index + ".png");',
  ].join("\n");
}

function fieldsOf(edit: Edit): readonly string[] {
  switch (edit.kind) {
    case "inpaint":
      return ["image", "mask"];
    case "colorize":
      return ["image"];
    case "upscale":
      return ["image", `factor: ${edit.factor}`];
    case "strokes":
      return ["image", `strength: ${edit.strength}`];
    case "denoise":
      return ["image", `sigma: ${edit.sigma}`];
    case "interpolate":
      return [
        "seeds" in edit.ends ? `seeds: [${edit.ends.seeds.join(", ")}]` : "images: [image, second]",
        `frames: ${edit.frames}`,
      ];
  }
}
