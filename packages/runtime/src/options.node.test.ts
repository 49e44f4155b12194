import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { Device } from "./backend.ts";
import { checkSessionOptions } from "./options.ts";
import type { OptimizationGoal } from "./session.ts";

describe("checkSessionOptions", () => {
  it("chooses the device and keeps what was asked for", async () => {
    const { signal } = new AbortController();
    expect(await checkSessionOptions({})).toEqual({
      device: "cpu",
      threads: undefined,
      optimizeFor: "throughput",
      signal: undefined,
    });
    const options = { device: "cpu", threads: 1024, optimizeFor: "startup", signal } as const;
    expect(await checkSessionOptions({ ...options, device: "auto" })).toEqual(options);
  });

  it.each([0, -1, 1.5, Number.NaN, 1025])("refuses %d threads", async (threads) => {
    const check = checkSessionOptions({ threads });
    await expect(check).rejects.toThrow(InvalidArgumentError);
    await expect(check).rejects.toThrow(`threads: found ${threads}, expected a whole number from 1 to 1024.`);
  });

  it("refuses another goal", async () => {
    const check = checkSessionOptions({ optimizeFor: "size" as OptimizationGoal });
    await expect(check).rejects.toThrow(InvalidArgumentError);
    await expect(check).rejects.toThrow('optimizeFor: found "size", expected "throughput" or "startup".');
  });

  it("refuses what is not the name of a device", async () => {
    await expect(checkSessionOptions({ device: "cuda" as Device })).rejects.toThrow(InvalidArgumentError);
  });
});
