import { describe, expect, it } from "vitest";
import { reportFailure } from "./report-failure.ts";

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
    expect(report({ color: true }).stderr).toBe("\u001B[1;31merror:\u001B[0m a: found ?[2J\n");
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
