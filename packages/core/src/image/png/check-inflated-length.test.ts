import { describe, expect, it } from "vitest";
import { ImageError } from "../../errors/image-error.ts";
import { checkInflatedLength } from "./check-inflated-length.ts";

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe("checkInflatedLength", () => {
  it("is content with the expected length, in one part or several", async () => {
    const deflated = await deflate(new Uint8Array(1000));
    await checkInflatedLength([deflated], 1000);
    await checkInflatedLength([deflated.subarray(0, 3), deflated.subarray(3)], 1000);
  });

  it.each([
    [999, "found more than 999 bytes of pixels, expected 999"],
    [1001, "found 1000 bytes of pixels, expected 1001"],
  ])("refuses 1000 bytes where %d are expected", async (expected, message) => {
    const check = checkInflatedLength([await deflate(new Uint8Array(1000))], expected);
    await expect(check).rejects.toThrow(ImageError);
    await expect(check).rejects.toThrow(message);
  });

  it("stops early on a small stream that inflates to a large one", async () => {
    const bomb = await deflate(new Uint8Array(64 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(checkInflatedLength([bomb], 100)).rejects.toThrow("found more than 100 bytes of pixels");
  });

  it.each<[string, (deflated: Uint8Array) => Uint8Array]>([
    ["cut off", (deflated) => deflated.subarray(0, deflated.length - 5)],
    ["damaged", (deflated) => deflated.map((byte, index) => (index === 4 ? byte ^ 0xff : byte))],
    ["no zlib stream", () => Uint8Array.of(1, 2, 3)],
  ])("refuses a stream that is %s", async (_name, change) => {
    const noise = Uint8Array.from({ length: 5000 }, (_, index) => (index * index) % 251);
    const check = checkInflatedLength([change(await deflate(noise))], 5000);
    await expect(check).rejects.toThrow(ImageError);
    await expect(check).rejects.toThrow(
      "PNG: found pixels that cannot be inflated, expected 5000 bytes of them.",
    );
  });
});
