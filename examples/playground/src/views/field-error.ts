import type { FailureProblem } from "../engine/messages.ts";

/** Something that a person wrote into a field and that cannot be used. */
export class FieldError extends Error {
  readonly field: HTMLElement;
  readonly problem: FailureProblem;

  /** @param field - The one to go to. */
  constructor(field: HTMLElement, problem: FailureProblem) {
    super(`${problem.subject}: found ${problem.found}, expected ${problem.expected}. ${problem.remedy}`);
    this.name = "FieldError";
    this.field = field;
    this.problem = problem;
  }
}
