import { expect, it } from "vitest";
import { createConfig, readConfigRecord } from "./config.ts";

const record = { className: "Thing", entries: new Map([["size", 3]]), defaulted: new Set<string>() };

it("carries its record, unseen by those who list or copy its values", () => {
  const config = createConfig({ size: 3 }, record);
  expect(config).toEqual({ size: 3 });
  expect(Object.keys(config)).toEqual(["size"]);
  expect(readConfigRecord(config)).toBe(record);
  expect(readConfigRecord({ ...config })).toBeUndefined();
  expect(JSON.stringify(config)).toBe('{"size":3}');
});

it("is frozen", () => {
  const config: { size: number } = createConfig({ size: 3 }, record);
  expect(() => {
    config.size = 4;
  }).toThrow(TypeError);
});
