import { afterEach, expect, it, vi } from "vitest";
import { ScaledInputReminder } from "./scaled-input-reminder.ts";

afterEach(() => vi.restoreAllMocks());

it("warns once, and not at all where the input was scaled", () => {
  const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const heeded = new ScaledInputReminder();
  heeded.noteCall();
  heeded.remind();
  expect(heeded.isCalled).toBe(true);
  expect(warning).not.toHaveBeenCalled();
  const forgotten = new ScaledInputReminder();
  forgotten.remind();
  forgotten.remind();
  expect(forgotten.isCalled).toBe(false);
  expect(warning).toHaveBeenCalledTimes(1);
});
