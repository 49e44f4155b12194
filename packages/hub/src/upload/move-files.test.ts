import { expect, it } from "vitest";
import { bytesFile } from "./bytes-file.ts";
import { moveFiles } from "./move-files.ts";

it("puts files into a folder, and leaves them where there is none", async () => {
  const files = [bytesFile("a.txt", "abc")];
  expect(moveFiles(files, "")).toBe(files);
  const [moved] = moveFiles(files, "unet/deep");
  expect([moved?.path, moved?.size]).toEqual(["unet/deep/a.txt", 3]);
  expect(await moved?.read(1, 3)).toEqual(Uint8Array.of(0x62, 0x63));
});
