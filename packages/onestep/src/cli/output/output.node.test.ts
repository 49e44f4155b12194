import { describe, expect, it } from "vitest";
import { Output } from "./output.ts";
import { ProgressBar } from "./progress.ts";

function record(options: { json?: boolean; quiet?: boolean; isTTY?: boolean }) {
  const written = { stdout: "", stderr: "" };
  const output = new Output({
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { isTTY: options.isTTY, write: (text) => (written.stderr += text) },
    json: options.json ?? false,
    quiet: options.quiet ?? false,
  });
  return { written, output };
}

const result = { lines: ["a.png", "b.png"], document: { files: ["a.png", "b.png"] } };

describe("Output", () => {
  it("writes results to stdout and everything else to stderr", () => {
    const { written, output } = record({});
    output.note("Seed 5");
    output.warn("careful");
    output.result(result);
    expect(written).toEqual({ stdout: "a.png\nb.png\n", stderr: "Seed 5\nwarning: careful\n" });
  });

  it("writes a result as JSON", () => {
    const { written, output } = record({ json: true });
    output.result(result);
    expect(JSON.parse(written.stdout)).toEqual(result.document);
  });

  it("keeps warnings and results when it is quiet", () => {
    const { written, output } = record({ quiet: true });
    output.progress.show({ type: "component-start", component: "unet" });
    output.progress.showTask("Generating");
    output.note("Seed 5");
    output.warn("careful");
    output.result(result);
    expect(written).toEqual({ stdout: "a.png\nb.png\n", stderr: "warning: careful\n" });
  });

  it("draws a bar on a terminal, and clears it before a warning and before the result", () => {
    const { written, output } = record({ isTTY: true });
    expect(output.progress).toBeInstanceOf(ProgressBar);
    output.progress.showTask("Generating");
    output.warn("careful");
    output.progress.showTask("Generating");
    output.result(result);
    const erase = "\r\u001B[K";
    const label = "\u001B[1m\u001B[33mwarning:\u001B[39m\u001B[22m";
    expect(written.stderr).toBe(`${erase}Generating${erase}${label} careful\n${erase}Generating${erase}`);
  });
});
