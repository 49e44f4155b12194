import { Tensor } from "@onestep/core";

// The definitions of the operations, written for reading and in double precision, to compare layers with.

type Image = Tensor<"float32">;

/** A tensor from a function of batch, channel, row and column. */
export function imageOf(
  shape: readonly number[],
  at: (batch: number, channel: number, row: number, column: number) => number,
): Image {
  const [batches = 0, channels = 0, height = 0, width = 0] = shape;
  const data = new Float32Array(batches * channels * height * width);
  data.forEach((_, index) => {
    const column = index % width;
    const row = Math.floor(index / width) % height;
    const channel = Math.floor(index / (width * height)) % channels;
    data[index] = at(Math.floor(index / (width * height * channels)), channel, row, column);
  });
  return new Tensor("float32", data, shape);
}

/** One pixel; zero outside of the image. */
export function pixel(
  { data, shape }: Image,
  batch: number,
  channel: number,
  row: number,
  column: number,
): number {
  const [, channels = 0, height = 0, width = 0] = shape;
  if (row < 0 || column < 0 || row >= height || column >= width) return 0;
  return data[((batch * channels + channel) * height + row) * width + column] as number;
}

export function convolve(value: Image, weight: Tensor<"float32">, bias: Tensor<"float32">): Image {
  const [batches = 0, , height = 0, width = 0] = value.shape;
  const [outChannels = 0, inChannels = 0, kernel = 1] =
    weight.shape.length === 2 ? [...weight.shape, 1] : weight.shape;
  const edge = (kernel - 1) / 2;
  return imageOf([batches, outChannels, height, width], (batch, out, row, column) => {
    let sum = bias.data[out] as number;
    for (let channel = 0; channel < inChannels; channel += 1) {
      for (let tap = 0; tap < kernel * kernel; tap += 1) {
        const [down, across] = [Math.floor(tap / kernel), tap % kernel];
        const factor = weight.data[(out * inChannels + channel) * kernel * kernel + tap] as number;
        sum += factor * pixel(value, batch, channel, row + down - edge, column + across - edge);
      }
    }
    return sum;
  });
}

export function normaliseGroups(
  value: Image,
  groups: number,
  epsilon: number,
  weight: (batch: number, channel: number) => number,
  bias: (batch: number, channel: number) => number,
): Image {
  const [batches = 0, channels = 0, height = 0, width = 0] = value.shape;
  const size = (channels / groups) * height * width;
  const moments = Array.from({ length: batches * groups }, (_, group) => {
    const members = Array.from(value.data.subarray(group * size, (group + 1) * size));
    const mean = members.reduce((sum, member) => sum + member, 0) / size;
    const variance = members.reduce((sum, member) => sum + (member - mean) ** 2, 0) / size;
    return { mean, deviation: Math.sqrt(variance + epsilon) };
  });
  return imageOf(value.shape, (batch, channel, row, column) => {
    const group = batch * groups + Math.floor(channel / (channels / groups));
    const { mean, deviation } = moments[group] as { mean: number; deviation: number };
    const normalised = (pixel(value, batch, channel, row, column) - mean) / deviation;
    return normalised * weight(batch, channel) + bias(batch, channel);
  });
}

export function silu(value: Image): Image {
  return new Tensor(
    "float32",
    value.data.map((x) => x / (1 + Math.exp(-x))),
    value.shape,
  );
}

export function relu(value: Image): Image {
  return new Tensor(
    "float32",
    value.data.map((x) => Math.max(x, 0)),
    value.shape,
  );
}

export function halve(value: Image): Image {
  const [batches = 0, channels = 0, height = 0, width = 0] = value.shape;
  return imageOf([batches, channels, height / 2, width / 2], (batch, channel, row, column) => {
    const corners = [0, 1, 2, 3].map((corner) =>
      pixel(value, batch, channel, 2 * row + Math.floor(corner / 2), 2 * column + (corner % 2)),
    );
    return corners.reduce((sum, corner) => sum + corner, 0) / 4;
  });
}

export function double(value: Image): Image {
  const [batches = 0, channels = 0, height = 0, width = 0] = value.shape;
  return imageOf([batches, channels, height * 2, width * 2], (batch, channel, row, column) =>
    pixel(value, batch, channel, Math.floor(row / 2), Math.floor(column / 2)),
  );
}

/** Row `batch` of x · weightᵀ + bias. */
export function linearRow(
  value: Tensor<"float32">,
  weight: Tensor<"float32">,
  bias: Tensor<"float32">,
  batch: number,
): number[] {
  const [outWidth = 0, inWidth = 0] = weight.shape;
  return Array.from({ length: outWidth }, (_, out) => {
    let sum = bias.data[out] as number;
    for (let index = 0; index < inWidth; index += 1) {
      sum += (weight.data[out * inWidth + index] as number) * (value.data[batch * inWidth + index] as number);
    }
    return sum;
  });
}

/** The largest difference of two tensors, relative to the largest element of the second. */
export function relativeDifference(actual: Tensor<"float32">, expected: Tensor<"float32">): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...expected.data.map(Math.abs));
  return (
    Math.max(...expected.data.map((value, index) => Math.abs(value - (actual.data[index] as number)))) / scale
  );
}
