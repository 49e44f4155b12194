import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { resolveRetryPolicy } from "./retry-policy.ts";

describe("resolveRetryPolicy", () => {
  it("fills in what huggingface_hub takes", () => {
    const defaults = { maxRetries: 5, baseWaitTime: 1, maxWaitTime: 8 };
    expect(resolveRetryPolicy()).toEqual(defaults);
    expect(resolveRetryPolicy({ maxRetries: 0, baseWaitTime: undefined })).toEqual({
      ...defaults,
      maxRetries: 0,
    });
  });

  it.each([
    [{ maxRetries: -1 }, "option retry.maxRetries: found -1, expected a whole number from 0 to 1000"],
    [{ maxRetries: 1.5 }, "option retry.maxRetries: found 1.5"],
    [{ baseWaitTime: Number.NaN }, "option retry.baseWaitTime: found NaN, expected a number of seconds"],
    [
      { maxWaitTime: 4000 },
      "option retry.maxWaitTime: found 4000, expected a number of seconds from 0 to 3600",
    ],
  ])("refuses %j", async (options, message) => {
    const error = await caught(() => resolveRetryPolicy(options));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
  });
});
