import { UnsupportedError } from "@onestep/core";
import { expect, it } from "vitest";
import { whoAmI } from "../who-am-i.ts";
import { bytesFile, uploadFiles } from "./upload-files.ts";

it("is refused in a browser", async () => {
  const error: unknown = await uploadFiles("me/m", [bytesFile("a", "b")]).catch((reason: unknown) => reason);
  expect(UnsupportedError.isInstance(error)).toBe(true);
});

it("is no place to ask whose a token is", async () => {
  const error: unknown = await whoAmI({ token: "hf_me" }).catch((reason: unknown) => reason);
  expect(UnsupportedError.isInstance(error)).toBe(true);
});
