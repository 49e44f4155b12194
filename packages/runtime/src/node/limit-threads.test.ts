import { availableParallelism } from "node:os";
import { expect, it, vi } from "vitest";
import { OneTimeWarning } from "../one-time-warning.ts";
import { limitThreads } from "./limit-threads.ts";

it("takes as many threads as there are processors at most, and says so once", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const warning = new OneTimeWarning();
  expect([undefined, 1, 4].map((threads) => limitThreads(threads, 4, warning))).toEqual([undefined, 1, 4]);
  expect(warn).not.toHaveBeenCalled();
  expect([5, 128, 1000].map((threads) => limitThreads(threads, 4, warning))).toEqual([4, 4, 4]);
  expect(warn).toHaveBeenCalledOnce();
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("on 4 threads instead of 5"));
});

it("counts the processors of this process", () => {
  const warning = new OneTimeWarning();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  expect(limitThreads(1_000_000, undefined, warning)).toBe(availableParallelism());
});
