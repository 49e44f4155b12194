import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { UsageError } from "../arguments/parse-arguments.ts";
import { InterruptedError } from "../interrupt.ts";
import { describeFailure, reportFailure } from "./failure.ts";

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

const failure = {
  exitCode: 3,
  code: "invalid-argument",
  message: "a: found \u001B[2J",
  problem: undefined,
} as const;

function report(options: { json?: boolean; color?: boolean; debug?: unknown }) {
  const written = { stdout: "", stderr: "" };
  reportFailure(failure, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    json: options.json ?? false,
    color: options.color ?? false,
    debug: options.debug,
  });
  return written;
}

describe("reportFailure", () => {
  it("writes a message to stderr", () => {
    expect(report({})).toEqual({ stdout: "", stderr: "error: a: found ?[2J\n" });
    expect(report({ color: true }).stderr).toBe(
      "\u001B[1m\u001B[31merror:\u001B[39m\u001B[22m a: found ?[2J\n",
    );
  });

  it("writes a document to stdout with --json", () => {
    const { stdout, stderr } = report({ json: true });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "invalid-argument", message: "a: found \u001B[2J", problem: null },
    });
  });

  it("shows the stack and the causes with --debug", () => {
    const debug = new Error("outer", { cause: new Error("inner", { cause: "root" }) });
    expect(report({ debug }).stderr).toMatch(
      /^error: .*\nError: outer\n.*Caused by Error: inner\n.*Caused by root\n$/s,
    );
  });
});
