/**
 * Spreads samples of 1, 2 or 4 bits to one a byte. Rows begin at a byte; the first sample is in the highest bits.
 */
export function unpackSamples(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const samples = new Uint8Array(width * height);
  const perByte = 8 / depth;
  const rowLength = Math.ceil(width / perByte);
  const mask = 2 ** depth - 1;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const byte = packed[row * rowLength + Math.floor(column / perByte)] ?? 0;
      samples[row * width + column] = (byte >> (8 - depth * ((column % perByte) + 1))) & mask;
    }
  }
  return samples;
}
