import { readFile, writeFile } from "node:fs/promises";
import { RasterImage } from "@onestep/core";
import {
  ConsistencyModelImg2ImgPipeline,
  ConsistencyModelInterpolationPipeline,
  ConsistencyModelPipeline,
} from "@onestep/pipelines";
import { colorizeGrey, denoiseNoisy, type EditResult, inpaintHalves, upscaleSmall } from "./edits.ts";
import { enlarge } from "./figures.ts";
import { paintStrokes } from "./strokes.ts";
import { readSubjects, shownCount } from "./subjects.ts";

const pictures = new URL("../../../docs/images/gallery/", import.meta.url);
const page = new URL("../../../docs/gallery.md", import.meta.url);
const seeds = [0, 1];

/** Saves rows of images, enlarged. */
async function savePicture(name: string, rows: readonly (readonly RasterImage[])[]): Promise<void> {
  const columns = Math.max(...rows.map((row) => row.length));
  const options = { columns, padding: 2, background: [255, 255, 255] } as const;
  const grid = RasterImage.grid(rows.flat(), options);
  await enlarge(grid, 2).save(new URL(`${name}.png`, pictures));
  console.error(`${name}.png`);
}

const subjects = await readSubjects();
const pipe = await ConsistencyModelPipeline.fromPretrained();
const show = (images: readonly RasterImage[]): readonly RasterImage[] => images.slice(0, shownCount);
const rowsOf = ({ given, made }: EditResult): readonly (readonly RasterImage[])[] => [
  show(subjects.images),
  show(given),
  ...made.map(show),
];

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
  await savePicture(name, rowsOf(result));
  report(titles[name as keyof typeof titles], result);
}
for (const sigma of [0.2, 0.5, 1]) {
  const result = await denoiseNoisy(pipe, subjects, sigma);
  if (sigma === 0.5) await savePicture("denoise", rowsOf(result));
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
await savePicture("strokes", strokeRows);

const interpolate = ConsistencyModelInterpolationPipeline.fromPipe(pipe);
const ways: (readonly RasterImage[])[] = [];
for (const [seed, classLabels] of [
  [0, 0],
  [2, 1],
  [4, 7],
] as const) {
  const options = { seeds: [seed, seed + 1], frames: 10, classLabels, timesteps: [26, 13, 0] } as const;
  ways.push((await interpolate.generate(options)).images);
}
await savePicture("interpolate-seeds", ways);
const between: (readonly RasterImage[])[] = [];
for (const [first, last, classLabels] of [
  [0, 1, 0],
  [5, 13, 4],
  [10, 3, 2],
] as const) {
  const images = [subjects.images[first], subjects.images[last]] as RasterImage[];
  between.push((await interpolate.generate({ images, frames: 10, classLabels, seed: 0 })).images);
}
await savePicture("interpolate-images", between);
await pipe.dispose();

const text = await readFile(page, "utf8");
const figures = /(?<=<!-- figures -->\n)[\s\S]*?(?=<!-- end of figures -->)/;
await writeFile(page, text.replace(figures, `\n${lines.join("\n")}\n\n`));
