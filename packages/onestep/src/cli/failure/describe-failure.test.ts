import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { UsageError } from "../arguments/usage-error.ts";
import { InterruptedError } from "../interrupt.ts";
import { describeFailure } from "./describe-failure.ts";

describe("describeFailure", () => {
  it("points from wrong usage to the help", async () => {
    expect(await describeFailure(new UsageError("No.", "cache list"))).toEqual({
      exitCode: 2,
      code: "usage",
      message: "No. Run `onestep cache list --help` for how to use it.",
      problem: undefined,
    });
    expect((await describeFailure(new UsageError("No."))).message).toContain("`onestep --help`");
  });

  it("tells an interruption", async () => {
    expect(await describeFailure(new InterruptedError("SIGTERM"))).toMatchObject({
      exitCode: 143,
      code: "interrupted",
      message: "Terminated.",
    });
  });

  it("keeps code and parts of an error of the packages", async () => {
    const problem = { subject: "a", found: "b", expected: "c", remedy: "D." };
    expect(await describeFailure(new InvalidArgumentError(problem))).toEqual({
      exitCode: 3,
      code: "invalid-argument",
      message: "a: found b, expected c. D.",
      problem,
    });
  });

  it("takes anything thrown", async () => {
    expect(await describeFailure(new TypeError("x is not a function"))).toEqual({
      exitCode: 1,
      code: "unexpected",
      message:
        "Unexpected TypeError: x is not a function. Run it again with --debug to see where it came from.",
      problem: undefined,
    });
    expect((await describeFailure("words")).message).toContain("words");
  });
});
