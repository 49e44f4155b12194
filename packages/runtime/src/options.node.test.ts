import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { Device } from "./backend.ts";
import { planSession } from "./options.ts";
import type { OptimizationGoal } from "./session.ts";

describe("planSession", () => {
  it("chooses the device and keeps what was asked for", async () => {
    const { signal } = new AbortController();
    const devices = [{ device: "cpu", precisions: ["float32"] }];
    expect(await planSession({})).toMatchObject({
      devices,
      options: { threads: undefined, optimizeFor: undefined, signal: undefined },
    });
    const options = { threads: 1024, optimizeFor: "startup", signal } as const;
    expect(await planSession({ ...options, device: "auto" })).toMatchObject({ devices, options });
  });

  it.each([0, -1, 1.5, Number.NaN, 1025])("refuses %d threads", async (threads) => {
    const check = planSession({ threads });
    await expect(check).rejects.toThrow(InvalidArgumentError);
    await expect(check).rejects.toThrow(`threads: found ${threads}, expected a whole number from 1 to 1024.`);
  });

  it("refuses another goal", async () => {
    const check = planSession({ optimizeFor: "size" as OptimizationGoal });
    await expect(check).rejects.toThrow(InvalidArgumentError);
    await expect(check).rejects.toThrow('optimizeFor: found "size", expected "throughput" or "startup".');
  });

  it("refuses what is not the name of a device", async () => {
    await expect(planSession({ device: "cuda" as Device })).rejects.toThrow(InvalidArgumentError);
  });
});
