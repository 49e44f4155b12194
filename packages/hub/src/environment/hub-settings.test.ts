import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { downloadPatience, isOffline, metadataPatience, xetFromBytes } from "./hub-settings.ts";

describe("isOffline", () => {
  it("is so by the option or by either variable", () => {
    expect(isOffline(true, {})).toBe(true);
    expect(isOffline(undefined, { HF_HUB_OFFLINE: "1" })).toBe(true);
    expect(isOffline(undefined, { TRANSFORMERS_OFFLINE: "yes" })).toBe(true);
    expect(isOffline(undefined, {})).toBe(false);
  });

  it("is so although the option is false, as in Python", () => {
    expect(isOffline(false, { HF_HUB_OFFLINE: "1" })).toBe(true);
  });

  it("asks TRANSFORMERS_OFFLINE only where HF_HUB_OFFLINE is unset", () => {
    expect(isOffline(undefined, { HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "1" })).toBe(false);
    expect(isOffline(undefined, { HF_HUB_OFFLINE: "", TRANSFORMERS_OFFLINE: "1" })).toBe(true);
  });
});

describe("patience", () => {
  it("is 10 s, or what the variables say", () => {
    expect(metadataPatience({}).seconds).toBe(10);
    expect(downloadPatience({}).seconds).toBe(10);
    expect(metadataPatience({ HF_HUB_ETAG_TIMEOUT: "3" }).seconds).toBe(3);
    expect(downloadPatience({ HF_HUB_DOWNLOAD_TIMEOUT: "0.5" }).seconds).toBe(0.5);
    expect(downloadPatience({ HF_HUB_DOWNLOAD_TIMEOUT: "0" }).seconds).toBe(10);
  });

  it.each(["soon", "-1", "1e9", "99999999", "Infinity", "0x10"])("refuses %s", (value) => {
    let thrown: unknown;
    try {
      metadataPatience({ HF_HUB_ETAG_TIMEOUT: value });
    } catch (error) {
      thrown = error;
    }
    expect(InvalidArgumentError.isInstance(thrown)).toBe(true);
    expect((thrown as Error).message).toContain(`HF_HUB_ETAG_TIMEOUT: found "${value}"`);
  });
});

it("xetFromBytes asks for chunks where they are wanted, or where there is no other way", () => {
  expect(xetFromBytes({})).toBe(50e9);
  expect(xetFromBytes({ HF_XET_HIGH_PERFORMANCE: "1" })).toBe(8 * 1024 * 1024);
  expect(xetFromBytes({ HF_XET_HIGH_PERFORMANCE: "1", HF_HUB_DISABLE_XET: "1" })).toBe(
    Number.POSITIVE_INFINITY,
  );
});
