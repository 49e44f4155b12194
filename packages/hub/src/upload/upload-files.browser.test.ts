import { UnsupportedError } from "@onestep/core";
import { expect, it } from "vitest";
import { bytesFile, uploadFiles } from "./upload-files.ts";

it("is refused in a browser", async () => {
  const error: unknown = await uploadFiles("me/m", [bytesFile("a", "b")]).catch((reason: unknown) => reason);
  expect(UnsupportedError.isInstance(error)).toBe(true);
});
