import type { Edit } from "../engine/messages.ts";
import type { Settings } from "../settings/settings.ts";
import { type EditProgramOptions, formatEditProgram } from "../work/format-edit-program.ts";
import { formatPython, formatTypeScript, type ProgramOptions } from "../work/format-programs.ts";
import { copyText } from "./copy-text.ts";
import { findElement } from "./find-element.ts";

/** The programs that make the same images outside the playground. */
export class ProgramsView {
  readonly #typescript = findElement("program-typescript", HTMLElement);
  readonly #python = findElement("program-python", HTMLElement);
  readonly #pythonFigure = findElement("python", HTMLElement);
  readonly #hint = findElement("programs-hint", HTMLElement);

  constructor() {
    for (const [id, code] of [
      ["copy-typescript", this.#typescript],
      ["copy-python", this.#python],
    ] as const) {
      const button = findElement(id, HTMLButtonElement);
      button.addEventListener("click", () => copyText(button, code.textContent ?? ""));
    }
  }

  /** Shows the programs for some settings. */
  show(settings: Settings, options: ProgramOptions): void {
    this.#typescript.textContent = formatTypeScript(settings, options);
    this.#python.textContent = formatPython(settings, options);
    this.#pythonFigure.hidden = false;
    this.#hint.textContent =
      "Random numbers match PyTorch's bit for bit. These programs make the image above, to within 1/255 per pixel.";
  }

  /** Shows the program for an edit; diffusers has no pipeline for these. */
  showEdit(edit: Edit, settings: Settings, options: EditProgramOptions): void {
    this.#typescript.textContent = formatEditProgram(edit, settings, options);
    this.#pythonFigure.hidden = true;
    this.#hint.textContent = "This program makes the same edit. Python's diffusers has no pipeline for it.";
  }
}
