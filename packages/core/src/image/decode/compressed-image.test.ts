import fc from "fast-check";
import { expect, it } from "vitest";
import { detectImageFormat } from "./compressed-image.ts";

it("knows formats by their first bytes alone", () => {
  const riff = [0x52, 0x49, 0x46, 0x46];
  expect(detectImageFormat(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe("jpeg");
  expect(detectImageFormat(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).toBe("png");
  expect(detectImageFormat(Uint8Array.of(...riff, 1, 2, 3, 4, 0x57, 0x45, 0x42, 0x50))).toBe("webp");
  expect(detectImageFormat(Uint8Array.of(...riff, 1, 2, 3, 4, 0x57, 0x41, 0x56, 0x45))).toBeUndefined();
});

it("takes any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const format = detectImageFormat(bytes);
      if (bytes.length < 3) expect(format).toBeUndefined();
    }),
  );
});
