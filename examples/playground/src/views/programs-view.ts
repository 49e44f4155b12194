import type { Settings } from "../settings/settings.ts";
import { formatPython, formatTypeScript, type ProgramOptions } from "../work/format-programs.ts";
import { copyText } from "./copy-text.ts";
import { findElement } from "./find-element.ts";

/** The programs that make the same images elsewhere. */
export class ProgramsView {
  readonly #typescript = findElement("program-typescript", HTMLElement);
  readonly #python = findElement("program-python", HTMLElement);

  constructor() {
    for (const [id, code] of [
      ["copy-typescript", this.#typescript],
      ["copy-python", this.#python],
    ] as const) {
      const button = findElement(id, HTMLButtonElement);
      button.addEventListener("click", () => copyText(button, code.textContent ?? ""));
    }
  }

  /** Shows the programs of some settings. */
  show(settings: Settings, options: ProgramOptions): void {
    this.#typescript.textContent = formatTypeScript(settings, options);
    this.#python.textContent = formatPython(settings, options);
  }
}
