import { expect, it } from "vitest";
import { crc32 } from "./crc32.ts";

it.each([
  ["123456789", 0xcbf43926], // the check value of CRC-32/ISO-HDLC
  ["IEND", 0xae426082], // the last four bytes of every PNG
  ["", 0],
])("of %j", (text, expected) => {
  expect(crc32(new TextEncoder().encode(text))).toBe(expected);
});
