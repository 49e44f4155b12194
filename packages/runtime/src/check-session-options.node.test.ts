import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { checkSessionOptions } from "./check-session-options.ts";
import type { OptimizationGoal } from "./inference-session.ts";

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

  it("refuses a device that is not available here", async () => {
    await expect(checkSessionOptions({ device: "cuda" })).rejects.toThrow(UnsupportedError);
  });
});
