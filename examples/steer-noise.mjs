// @ts-check
// How a consistency model uses its noise. emoji32 learned to interpret it: the mean colour of the noise selects the
// style, and its gradient from left to right the direction. So adding a constant to a colour channel selects the style,
// and mirroring the noise mirrors the picture.
//
//   node steer-noise.mjs [name of a class] [file]

import { ConsistencyModelPipeline, RasterImage, Tensor, TorchGenerator } from "onestep";

const [classLabels = "rocket", file = "steered.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const noise = new TorchGenerator(0).randn([1, 3, 32, 32]);

/**
 * A copy of the noise with every number replaced.
 * @param {(channel: number, row: number, column: number) => number} numberAt
 */
const change = (numberAt) =>
  new Tensor(
    "float32",
    noise.data.map((_, index) => numberAt(Math.floor(index / 1024), Math.floor(index / 32) % 32, index % 32)),
    [1, 3, 32, 32],
  );
/** @type {(channel: number, row: number, column: number) => number} */
const at = (channel, row, column) => noise.data[1024 * channel + 32 * row + column] ?? 0;

// Shift red, green or blue up or down: six styles. A tenth of the noise's standard deviation is enough.
const styled = [0, 1, 2].flatMap((steered) =>
  [0.1, -0.1].map((shift) =>
    change((channel, row, column) => at(channel, row, column) + (channel === steered ? shift : 0)),
  ),
);
const mirrored = change((channel, row, column) => at(channel, row, 31 - column));

const { images } = await pipe.generate({ classLabels, latents: Tensor.concat([noise, mirrored, ...styled]) });
await RasterImage.grid(images, { columns: 8, padding: 2 }).save(file);
await pipe.dispose();

console.log(`${file}: ${classLabels} as it is, mirrored, and in six styles`);
