import type { FailureProblem } from "./messages.ts";

/** A model that cannot run on this device, found before its weights are fetched. */
export class MisfitError extends Error {
  readonly problem: FailureProblem;

  constructor(problem: FailureProblem) {
    super(`${problem.subject}: found ${problem.found}, expected ${problem.expected}. ${problem.remedy}`);
    this.name = "MisfitError";
    this.problem = problem;
  }
}
