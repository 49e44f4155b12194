import { expect, it } from "vitest";
import { UnsupportedError } from "../errors/unsupported-error.ts";
import { saveFiles } from "./save-files.browser.ts";

it("refuses in a browser, and says where it works", async () => {
  const saving = saveFiles("folder", [{ name: "a", content: "" }]);
  await expect(saving).rejects.toThrow(UnsupportedError);
  await expect(saving).rejects.toThrow("folder: found a platform without a file system, expected Node.js");
  await expect(saveFiles("", [])).rejects.toThrow("directory: found an empty string");
});
