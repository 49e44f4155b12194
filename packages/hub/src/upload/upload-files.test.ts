import { expect, it } from "vitest";
import { bytesFile, moveFiles } from "./upload-files.ts";

it("gives text as UTF-8, and bytes as they are", async () => {
  const text = bytesFile("a/b.json", "é!");
  expect([text.path, text.size]).toEqual(["a/b.json", 3]);
  expect(await text.read(1, 3)).toEqual(Uint8Array.of(0xa9, 0x21));
  const bytes = bytesFile("x", Uint8Array.of(1, 2, 3));
  expect(await bytes.read(0, bytes.size)).toEqual(Uint8Array.of(1, 2, 3));
});

it("puts files into a folder, and leaves them where there is none", async () => {
  const files = [bytesFile("a.txt", "abc")];
  expect(moveFiles(files, "")).toBe(files);
  const [moved] = moveFiles(files, "unet/deep");
  expect([moved?.path, moved?.size]).toEqual(["unet/deep/a.txt", 3]);
  expect(await moved?.read(1, 3)).toEqual(Uint8Array.of(0x62, 0x63));
});
