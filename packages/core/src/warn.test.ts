import { afterEach, expect, it, vi } from "vitest";
import { warn } from "./warn.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("goes to console.warn under the project's name", () => {
  const spy = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  warn("Mind the gap.");
  expect(spy.mock.calls).toEqual([["[onestep] Mind the gap."]]);
});
