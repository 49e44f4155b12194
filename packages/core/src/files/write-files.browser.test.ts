import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../errors.ts";
import { saveFiles, writeFileAside } from "./write-files.browser.ts";

describe("writeFile", () => {
  it("refuses and names the way out", async () => {
    const write = writeFileAside("a.png", new Uint8Array(1));
    await expect(write).rejects.toThrow(UnsupportedError);
    await expect(write).rejects.toThrow(
      /^a\.png cannot be written: a browser has no file system\. .*`toPng\(\)` or `toBlob\(\)`/,
    );
  });
});

describe("saveFiles", () => {
  it("refuses in a browser, and says where it works", async () => {
    const saving = saveFiles("folder", [{ name: "a", content: "" }]);
    await expect(saving).rejects.toThrow(UnsupportedError);
    await expect(saving).rejects.toThrow(
      "folder cannot be written: a browser has no file system. Save in Node.js.",
    );
    await expect(saveFiles("", [])).rejects.toThrow("directory: found an empty string");
  });
});
