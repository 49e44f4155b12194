import { expect, it } from "vitest";
import { UnsupportedError } from "../errors/unsupported-error.ts";
import { writeFileAside } from "./write-file.browser.ts";

it("refuses and names the way out", async () => {
  const write = writeFileAside("a.png", new Uint8Array(1));
  await expect(write).rejects.toThrow(UnsupportedError);
  await expect(write).rejects.toThrow(
    /^a\.png: found a platform without a file system, .*`toPng\(\)` or `toBlob\(\)`/,
  );
});
