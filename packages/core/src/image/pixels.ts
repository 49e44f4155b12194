/** 8-bit pixels: row by row from the top, the channels of a pixel side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 3 for red, green, blue; 1 for grey. */
  readonly channels: 1 | 3;
  /** `width · height · channels` bytes. */
  readonly data: Uint8Array;
}
