/** How many tests passed, failed and were skipped. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The parts of a vitest test module that are counted. */
export interface CountedModule {
  readonly project: { readonly name: string };
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> };
  ok(): boolean;
}

/** No test at all. */
export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/**
 * The counts of one file of tests.
 *
 * A file that failed although none of its tests did (it does not load, or a hook throws) counts as one failure. A
 * test that never ended was skipped.
 */
export function countModule(testModule: CountedModule): TestCounts {
  let { passed, failed, skipped } = noTests;
  for (const test of testModule.children.allTests()) {
    const { state } = test.result();
    if (state === "passed") passed++;
    else if (state === "failed") failed++;
    else skipped++;
  }
  if (failed === 0 && !testModule.ok()) failed = 1;
  return { passed, failed, skipped };
}

/** The sum of two counts. */
export function addCounts(left: TestCounts, right: TestCounts): TestCounts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

/** `5 passed, 0 failed, 0 skipped`. */
export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
