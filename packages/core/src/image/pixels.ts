/** 8-bit pixels: row by row from the top, the channels of a pixel side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for red, green, blue; 2 and 4 for these with opacity (alpha) behind them. */
  readonly channels: 1 | 2 | 3 | 4;
  /** `width · height · channels` bytes. */
  readonly data: Uint8Array;
}
