import { EngineError } from "../engine/engine.ts";
import { FieldError } from "./field-error.ts";
import { findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

/** Shows why something failed: what was found, what was expected, and what to do. */
export class FailureView {
  readonly #panel = findElement("failure", HTMLElement);

  /** Removes the message. */
  clear(): void {
    this.#panel.hidden = true;
    this.#panel.replaceChildren();
  }

  /** Shows an error, and scrolls it into view. */
  show(error: unknown): void {
    this.#panel.replaceChildren(...describe(error));
    this.#panel.hidden = false;
    this.#panel.scrollIntoView({ block: "nearest" });
  }
}

function describe(error: unknown): readonly Node[] {
  const problem =
    error instanceof EngineError
      ? error.failure.problem
      : error instanceof FieldError
        ? error.problem
        : undefined;
  if (problem === undefined) {
    const text = error instanceof Error ? error.message : String(error);
    return [
      makeElement("p", { class: "failure-title", text: "That did not work" }),
      makeElement("p", { text }),
    ];
  }
  const rows = [
    ["Found", problem.found],
    ["Expected", problem.expected],
    ["What to do", problem.remedy],
  ] as const;
  const list = makeElement("dl", {
    children: rows.flatMap(([term, text]) => [
      makeElement("dt", { text: term }),
      makeElement("dd", { text }),
    ]),
  });
  return [makeElement("p", { class: "failure-title", text: problem.subject }), list];
}
