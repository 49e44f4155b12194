import { afterEach, expect, it, vi } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

afterEach(() => vi.unstubAllGlobals());

// The first three are the test vectors of RFC 4648, section 10.
it.each([
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foobar", "Zm9vYmFy"],
  ["", ""],
])("%j is %j", (text, base64) => {
  expect(toBase64(new TextEncoder().encode(text))).toBe(base64);
  expect(new TextDecoder().decode(fromBase64(base64))).toBe(text);
});

it.each([0, 1, 255, 0x8000, 0x8001, 70_000])("%i bytes survive, with and without Node's Buffer", (length) => {
  const bytes = Uint8Array.from({ length: length + 3 }, (_, index) => (index * index) % 256).subarray(3);
  const text = toBase64(bytes);
  expect(fromBase64(text)).toEqual(bytes.slice());
  vi.stubGlobal("Buffer", undefined);
  expect(toBase64(bytes)).toBe(text);
});

it.each(["Zg=", "Zm9v!", "ä"])("%j is no base64", (text) => {
  expect(fromBase64(text)).toBeUndefined();
});
