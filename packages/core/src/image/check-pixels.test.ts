import { expect, it } from "vitest";
import { ImageError } from "../errors/image-error.ts";
import { checkPixels } from "./check-pixels.ts";

it("takes pixels that fit", () => {
  checkPixels({ width: 2, height: 1, channels: 3, data: new Uint8Array(6) });
});

it.each([
  [2, 1, 3, new Uint8Array(5), "image: found 5 bytes, expected a Uint8Array of 6 for 2 x 1 x 3."],
  [
    0,
    1,
    3,
    new Uint8Array(0),
    "image: found 0 x 1 pixels of 3 channels, expected at least one pixel, of 1 to 4",
  ],
  [1.5, 2, 1, new Uint8Array(3), "found 1.5 x 2 pixels"],
  [1, 1, 5, new Uint8Array(5), "found 1 x 1 pixels of 5 channels"],
  [1, 1, "3", new Uint8Array(3), 'found 1 x 1 pixels of "3" channels'],
  [1, 1, 1, new Float32Array(1), "found Float32Array, expected a Uint8Array of 1"],
  [1, 1, 1, undefined, "found Undefined, expected a Uint8Array of 1"],
])("refuses %d x %d x %d with %o", (width, height, channels, data, message) => {
  const check = () => checkPixels({ width, height, channels: channels as 3, data: data as Uint8Array });
  expect(check).toThrow(ImageError);
  expect(check).toThrow(message);
});
