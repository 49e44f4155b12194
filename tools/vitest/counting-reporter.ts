import type { Reporter } from "vitest/node";
import { addCounts, type CountedModule, countModule, formatCounts, noTests } from "./test-counts.ts";

/**
 * Ends a run with the counts of each project and, on the very last line, of all: `5 passed, 0 failed, 0 skipped`.
 *
 * It writes when the process exits, since other reporters, teardown and warnings write after a run has ended. An error
 * outside any test counts as a failure.
 */
export class CountingReporter implements Reporter {
  readonly #notes: readonly string[];
  #lines: readonly string[] = [formatCounts(noTests)];

  /** @param notes - Lines to print above the last one. */
  constructor(notes: readonly string[] = []) {
    this.#notes = notes;
  }

  onInit(): void {
    process.once("exit", () => {
      process.stdout.write(`\n${[...this.lines].join("\n")}\n`);
    });
  }

  onTestRunEnd(testModules: readonly CountedModule[], unhandledErrors: readonly unknown[]): void {
    const byProject = new Map<string, typeof noTests>();
    for (const testModule of testModules) {
      const project = testModule.project.name;
      byProject.set(project, addCounts(byProject.get(project) ?? noTests, countModule(testModule)));
    }
    const outside = { ...noTests, failed: unhandledErrors.length };
    this.#lines = [
      ...[...byProject].sort().map(([project, counts]) => `${project}: ${formatCounts(counts)}`),
      formatCounts([...byProject.values()].reduce(addCounts, outside)),
    ];
  }

  /** What is printed at the end. */
  get lines(): readonly string[] {
    return [...this.#lines.slice(0, -1), ...this.#notes, ...this.#lines.slice(-1)];
  }
}
