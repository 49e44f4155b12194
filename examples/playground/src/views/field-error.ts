import type { FailureProblem } from "../engine/messages.ts";

/** Unusable input in a field. */
export class FieldError extends Error {
  readonly field: HTMLElement;
  readonly problem: FailureProblem;

  /** @param field - The field to focus. */
  constructor(field: HTMLElement, problem: FailureProblem) {
    super(`${problem.subject}: found ${problem.found}, expected ${problem.expected}. ${problem.remedy}`);
    this.name = "FieldError";
    this.field = field;
    this.problem = problem;
  }
}
