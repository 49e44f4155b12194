import { describe, expect, it } from "vitest";
import { CountingReporter } from "./counting-reporter.ts";

function moduleOf(project: string, states: readonly string[], ok = !states.includes("failed")) {
  return {
    project: { name: project },
    children: { allTests: () => states.map((state) => ({ result: () => ({ state }) })) },
    ok: () => ok,
  };
}

describe("CountingReporter", () => {
  it("counts each project and, last, all of them", () => {
    const reporter = new CountingReporter();
    reporter.onTestRunEnd(
      [
        moduleOf("node", ["passed", "passed", "skipped"]),
        moduleOf("node", ["passed"]),
        moduleOf("browser", ["passed", "failed"]),
      ],
      [],
    );
    expect(reporter.lines).toEqual([
      "browser: 1 passed, 1 failed, 0 skipped",
      "node: 3 passed, 0 failed, 1 skipped",
      "4 passed, 1 failed, 1 skipped",
    ]);
  });

  it("counts a file that does not load, a hook that throws and an error outside any test as failures", () => {
    const reporter = new CountingReporter();
    reporter.onTestRunEnd(
      [moduleOf("node", [], false), moduleOf("node", ["skipped"], false)],
      [new Error("late")],
    );
    expect(reporter.lines.at(-1)).toBe("0 passed, 3 failed, 1 skipped");
  });

  it("keeps the counts last when there is a note, and says so when nothing ran", () => {
    expect(new CountingReporter(["browser: not run."]).lines).toEqual([
      "browser: not run.",
      "0 passed, 0 failed, 0 skipped",
    ]);
  });
});
