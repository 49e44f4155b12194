import { expect, it } from "vitest";
import { hashVersion } from "./disk-store.ts";

it("hashVersion tells versions and lengths apart, in hexadecimal", () => {
  const hashes = [hashVersion('"a"', 1), hashVersion('"a"', 2), hashVersion('"b"', 1)];
  expect(new Set(hashes).size).toBe(3);
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
});
