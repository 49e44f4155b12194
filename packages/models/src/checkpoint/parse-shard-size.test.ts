import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { parseShardSize } from "./parse-shard-size.ts";

describe("parseShardSize", () => {
  // What huggingface_hub's parse_size_to_int gives.
  it.each([
    [1, 1],
    [5_000_000_000, 5_000_000_000],
    ["10GB", 10_000_000_000],
    ["5mb", 5_000_000],
    [" 1.5 Gb ", 1_500_000_000],
    ["2KB", 2_000],
    ["1TB", 1_000_000_000_000],
    ["0.0015KB", 1],
  ])("reads %j as %d bytes", (size, bytes) => {
    expect(parseShardSize(size)).toBe(bytes);
  });

  it.each([
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "10",
    "GB",
    "10 GiB",
    "-5GB",
    "1e3GB",
    "0.1KBx",
    "0KB",
    null,
  ])("refuses %j", (size) => {
    expect(() => parseShardSize(size as string)).toThrow(InvalidArgumentError);
    expect(() => parseShardSize(size as string)).toThrow(
      /^maxShardSize: found .*, expected a number of bytes/,
    );
  });
});
