import { expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { readVersion } from "./version.ts";

it("is the version of the package", () => {
  expect(readVersion()).toBe(manifest.version);
});
