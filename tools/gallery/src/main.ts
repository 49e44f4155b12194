import { readFile, writeFile } from "node:fs/promises";
import { RasterImage, TorchGenerator } from "@onestep/core";
import {
  ConsistencyModelImg2ImgPipeline,
  ConsistencyModelInterpolationPipeline,
  ConsistencyModelPipeline,
} from "@onestep/pipelines";
import { colorizeGrey, denoiseNoisy, type EditResult, inpaintHalves, upscaleSmall } from "./edits.ts";
import { enlarge } from "./figures.ts";
import { paintStrokes } from "./strokes.ts";
import { readSubjects } from "./subjects.ts";

const pictures = new URL("../../../docs/images/", import.meta.url);
const page = new URL("../../../docs/gallery.md", import.meta.url);
const seeds = [0, 1];

/** Saves rows of images, each pixel as a square of `factor` pixels. */
async function savePicture(file: URL, rows: readonly (readonly RasterImage[])[], factor = 2): Promise<void> {
  const columns = Math.max(...rows.map((row) => row.length));
  const options = { columns, padding: 2, background: [255, 255, 255] } as const;
  await enlarge(RasterImage.grid(rows.flat(), options), factor).save(file);
  console.error(file.pathname.split("/").at(-1));
}

const inGallery = (name: string): URL => new URL(`gallery/${name}.png`, pictures);
const subjects = await readSubjects();
const pipe = await ConsistencyModelPipeline.fromPretrained();
const rowsOf = ({ given, made }: EditResult): readonly (readonly RasterImage[])[] => [
  subjects.images,
  given,
  ...made,
];

// The first picture of the README: each class three times, each image of a seed of its own.
const names = Object.entries(pipe.labels)
  .sort(([, left], [, right]) => left - right)
  .map(([name]) => name);
const classLabels = [...names, ...names];
const generator = classLabels.map((_, index) => new TorchGenerator(index + 1));
const { images: emoji } = await pipe.generate({ classLabels, generator });
await savePicture(new URL("emoji32.png", pictures), [
  emoji.slice(0, 15),
  emoji.slice(15, 30),
  emoji.slice(30, 45),
  emoji.slice(45),
]);

/** What the README shows of an edit: of each subject what the model is given, and what it makes of it from two seeds. */
const shownInReadme = { inpaint: [1, 0], colorize: [6, 3], upscale: [] } as const;
const readmeNames = { inpaint: "complete", colorize: "colorize", upscale: "" } as const;

const lines = ["| edit | what is known | PSNR of what is made | without a model |", "|---|---|---|---|"];
const report = (name: string, { kept, psnr, plain }: EditResult): void => {
  lines.push(`| ${name} | ${kept} | ${psnr.toFixed(1)} dB | ${plain} |`);
  console.error(lines.at(-1));
};

const edits = { inpaint: inpaintHalves, colorize: colorizeGrey, upscale: upscaleSmall };
const titles = {
  inpaint: "inpainting the right half",
  colorize: "colours from grey",
  upscale: "32 x 32 from 8 x 8",
};
for (const [name, edit] of Object.entries(edits)) {
  const result = await edit(pipe, subjects, { seeds });
  await savePicture(inGallery(name), rowsOf(result));
  const key = name as keyof typeof edits;
  if (shownInReadme[key].length > 0) {
    const rows = shownInReadme[key].map((subject) =>
      [result.given, ...result.made].map((images) => images[subject] as RasterImage),
    );
    await savePicture(new URL(`${readmeNames[key]}.png`, pictures), rows, 3);
  }
  report(titles[name as keyof typeof titles], result);
}
for (const sigma of [0.2, 0.5, 1]) {
  const result = await denoiseNoisy(pipe, subjects, sigma);
  if (sigma === 0.5) await savePicture(inGallery("denoise"), rowsOf(result));
  report(`denoising at σ = ${sigma}`, result);
}

lines.push("", "| steps | inpainting | colours | 8 x 8 |", "|---|---|---|---|");
for (const numInferenceSteps of [2, 4, 10, 20, 40]) {
  const cells: string[] = [];
  for (const edit of Object.values(edits)) {
    const { psnr } = await edit(pipe, subjects, { seeds: [2], numInferenceSteps });
    cells.push(`${psnr.toFixed(1)} dB`);
  }
  lines.push(`| ${numInferenceSteps} | ${cells.join(" | ")} |`);
  console.error(lines.at(-1));
}

const strokes = paintStrokes();
const image2image = ConsistencyModelImg2ImgPipeline.fromPipe(pipe);
const strokeRows: (readonly RasterImage[])[] = [strokes.images];
for (const strength of [0.5, 0.6, 0.7]) {
  const { classLabels, images: image } = strokes;
  strokeRows.push((await image2image.generate({ image, classLabels, strength, seed: 0 })).images);
}
await savePicture(inGallery("strokes"), strokeRows);
const shownStrokes = [2, 9].map((subject) =>
  [0, 1, 3].map((row) => strokeRows[row]?.[subject] as RasterImage),
);
await savePicture(new URL("strokes.png", pictures), shownStrokes, 3);

const interpolate = ConsistencyModelInterpolationPipeline.fromPipe(pipe);
const ways: (readonly RasterImage[])[] = [];
for (const [seed, classLabels] of [
  [3, "fox"],
  [1, "butterfly"],
  [5, "rocket"],
] as const) {
  const options = { seeds: [seed, seed + 2], frames: 12, classLabels } as const;
  ways.push((await interpolate.generate(options)).images);
}
await savePicture(inGallery("interpolate-seeds"), ways);
const between: (readonly RasterImage[])[] = [];
for (const [first, last, classLabels] of [
  [1, 4, "panda"],
  [6, 7, "butterfly"],
  [2, 3, "fox"],
] as const) {
  const images = [subjects.images[first], subjects.images[last]] as RasterImage[];
  between.push((await interpolate.generate({ images, frames: 12, classLabels, seed: 0 })).images);
}
await savePicture(inGallery("interpolate-images"), between);
await pipe.dispose();

const text = await readFile(page, "utf8");
const figures = /(?<=<!-- figures -->\n)[\s\S]*?(?=<!-- end of figures -->)/;
await writeFile(page, text.replace(figures, `\n${lines.join("\n")}\n\n`));
