import { describe, expect, it } from "vitest";
import type { SessionWorker } from "../worker/session-worker.ts";
import { GpuWorker } from "./gpu-worker.ts";
import type { LoadRequest } from "./worker-messages.ts";

/** A worker that says when a call on it begins and ends, and fails where `fails` says so. */
function loggingWorker(name: string, log: string[], fails = false): SessionWorker<LoadRequest> {
  const work = async (what: string): Promise<void> => {
    log.push(`${name} ${what} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ${what} ends`);
    if (fails) throw new Error("out of luck");
  };
  return {
    async call(call) {
      await work(call);
      return undefined as never;
    },
    end: () => work("end"),
  };
}

describe("GpuWorker", () => {
  it("begins a call when those of all other workers have ended, also where one fails", async () => {
    const log: string[] = [];
    const first = new GpuWorker(loggingWorker("first", log, true));
    const second = new GpuWorker(loggingWorker("second", log));
    const outcomes = await Promise.allSettled([
      first.call("run", {}),
      second.call("run", {}),
      second.end(),
      first.call("run", {}),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "rejected"]);
    expect(log).toEqual([
      "first run begins",
      "first run ends",
      "second run begins",
      "second run ends",
      "second end begins",
      "second end ends",
      "first run begins",
      "first run ends",
    ]);
  });
});
