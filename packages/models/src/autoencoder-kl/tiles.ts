import { Tensor } from "@onestep/core";

/** Sizes that determine the tiles. */
export interface TileSizes {
  /** Height and width of a tile, in pixels of an image. */
  readonly sampleSize: number;
  /** Downsampling factor from image to latents. */
  readonly factor: number;
}

type Compute = (tile: Tensor<"float32">) => Promise<Tensor<"float32">>;

/** Neighbouring tiles overlap by a quarter. */
const overlap = 0.25;

/** Decodes latents in tiles; diffusers' `AutoencoderKL._tiled_decode`. Latents that fit into one tile are decoded as a whole. */
export function decodeInTiles(
  latents: Tensor<"float32">,
  decode: Compute,
  { sampleSize, factor }: TileSizes,
): Promise<Tensor<"float32">> {
  const tile = Math.floor(sampleSize / factor);
  const blend = Math.floor(sampleSize * overlap);
  return inTiles(latents, decode, { tile, blend, kept: sampleSize - blend });
}

/** Encodes images in tiles; diffusers' `AutoencoderKL._tiled_encode`. Images that fit into one tile are encoded as a whole. */
export function encodeInTiles(
  images: Tensor<"float32">,
  encode: Compute,
  { sampleSize, factor }: TileSizes,
): Promise<Tensor<"float32">> {
  const latentTile = Math.floor(sampleSize / factor);
  const blend = Math.floor(latentTile * overlap);
  return inTiles(images, encode, { tile: sampleSize, blend, kept: latentTile - blend });
}

/** Sizes of input tiles and of their outputs. */
interface Tiling {
  /** Height and width of a tile of the input. */
  readonly tile: number;
  /** How many rows and columns of the output are blended with the neighbour. */
  readonly blend: number;
  /** How many rows and columns of each tile of the output are kept. */
  readonly kept: number;
}

async function inTiles(
  input: Tensor<"float32">,
  compute: Compute,
  { tile, blend, kept }: Tiling,
): Promise<Tensor<"float32">> {
  const [, , height = 0, width = 0] = input.shape;
  const stride = Math.floor(tile * (1 - overlap));
  if (stride < 1 || (height <= tile && width <= tile)) return compute(input);
  const rows: Tensor<"float32">[][] = [];
  for (let top = 0; top < height; top += stride) {
    const row: Tensor<"float32">[] = [];
    for (let left = 0; left < width; left += stride) {
      const part = crop(input, top, left, Math.min(tile, height - top), Math.min(tile, width - left));
      row.push(await compute(part));
    }
    rows.push(row);
  }
  // Each tile is blended with already blended neighbours.
  for (const [y, row] of rows.entries()) {
    for (const [x, one] of row.entries()) {
      const above = rows[y - 1]?.[x];
      const before = row[x - 1];
      if (above !== undefined) blendEdge(above, one, blend, "rows");
      if (before !== undefined) blendEdge(before, one, blend, "columns");
    }
  }
  return join(rows, kept);
}

function crop(
  image: Tensor<"float32">,
  top: number,
  left: number,
  height: number,
  width: number,
): Tensor<"float32"> {
  const [batch = 0, channels = 0, fullHeight = 0, fullWidth = 0] = image.shape;
  const data = new Float32Array(batch * channels * height * width);
  for (let plane = 0; plane < batch * channels; plane += 1) {
    for (let row = 0; row < height; row += 1) {
      const start = (plane * fullHeight + top + row) * fullWidth + left;
      data.set(image.data.subarray(start, start + width), (plane * height + row) * width);
    }
  }
  return new Tensor("float32", data, [batch, channels, height, width]);
}

/** Blends the last rows or columns of `before` into the first of `after`, in place. */
function blendEdge(
  before: Tensor<"float32">,
  after: Tensor<"float32">,
  blend: number,
  along: "rows" | "columns",
): void {
  const [batch = 0, channels = 0, beforeHeight = 0, beforeWidth = 0] = before.shape;
  const [, , height = 0, width = 0] = after.shape;
  const isRows = along === "rows";
  const extent = Math.min(isRows ? beforeHeight : beforeWidth, isRows ? height : width, blend);
  for (let plane = 0; plane < batch * channels; plane += 1) {
    for (let row = 0; row < (isRows ? extent : height); row += 1) {
      for (let column = 0; column < (isRows ? width : extent); column += 1) {
        const index = (plane * height + row) * width + column;
        const sourceRow = isRows ? beforeHeight - extent + row : row;
        const sourceColumn = isRows ? column : beforeWidth - extent + column;
        const source = (plane * beforeHeight + sourceRow) * beforeWidth + sourceColumn;
        const weight = (isRows ? row : column) / extent;
        after.data[index] =
          Math.fround((before.data[source] as number) * Math.fround(1 - weight)) +
          Math.fround((after.data[index] as number) * Math.fround(weight));
      }
    }
  }
}

/** Joins the first `kept` rows and columns of each tile. */
function join(rows: readonly (readonly Tensor<"float32">[])[], kept: number): Tensor<"float32"> {
  const [batch = 0, channels = 0] = rows[0]?.[0]?.shape ?? [];
  const heights = rows.map((row) => Math.min(kept, row[0]?.shape[2] ?? 0));
  const widths = (rows[0] ?? []).map((tile) => Math.min(kept, tile.shape[3] ?? 0));
  const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0);
  const [height, width] = [sum(heights), sum(widths)];
  const data = new Float32Array(batch * channels * height * width);
  let top = 0;
  for (const [y, row] of rows.entries()) {
    let left = 0;
    for (const [x, { data: source, shape }] of row.entries()) {
      const [, , tileHeight = 0, tileWidth = 0] = shape;
      const [tall, wide] = [heights[y] as number, widths[x] as number];
      for (let plane = 0; plane < batch * channels; plane += 1) {
        for (let line = 0; line < tall; line += 1) {
          const start = (plane * tileHeight + line) * tileWidth;
          data.set(source.subarray(start, start + wide), (plane * height + top + line) * width + left);
        }
      }
      left += wide;
    }
    top += heights[y] as number;
  }
  return new Tensor("float32", data, [batch, channels, height, width]);
}
