import { findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";
import { type PaintListeners, PaintSurface } from "./paint-surface.ts";

/** Colours that are common in the training data. */
const palette: readonly (readonly [name: string, color: string])[] = [
  ["Black", "#26282c"],
  ["White", "#ffffff"],
  ["Red", "#d8342b"],
  ["Orange", "#ff9a1f"],
  ["Yellow", "#ffd23e"],
  ["Green", "#4f9d3a"],
  ["Blue", "#3f8fe0"],
  ["Purple", "#8e5bc4"],
  ["Pink", "#f58bb3"],
  ["Brown", "#8a5a34"],
];

/** The surface to paint on, and the brush controls: size, eraser, undo, colours. */
export class BrushBar {
  readonly surface: PaintSurface;
  readonly #canvas = findElement("paint", HTMLCanvasElement);
  readonly #bar = findElement("brush", HTMLElement);
  readonly #colors = findElement("colors", HTMLElement);
  readonly #size = findElement("brush-size", HTMLInputElement);
  readonly #erase = findElement("erase", HTMLButtonElement);

  constructor(listeners: PaintListeners) {
    this.surface = new PaintSurface(this.#canvas, listeners);
    // It handles keys that a screen reader would otherwise use for reading.
    this.#canvas.setAttribute("role", "application");
    this.#size.addEventListener("input", () => this.#read());
    this.#erase.addEventListener("click", () => {
      this.#setErasing(!this.surface.isErasing);
    });
    findElement("undo", HTMLButtonElement).addEventListener("click", () => this.surface.undo());
    findElement("clear", HTMLButtonElement).addEventListener("click", () => this.surface.clear());
    this.#colors.append(...palette.map(([name, color], index) => makeSwatch(name, color, index === 2)));
    this.#colors.addEventListener("change", () => {
      this.#setErasing(false);
      this.#read();
    });
    this.#read();
  }

  /** Shows the brush for a mask or for strokes, or hides it. */
  show(kind: "mask" | "strokes" | undefined): void {
    this.#canvas.hidden = kind === undefined;
    this.#bar.hidden = kind === undefined;
    this.#colors.hidden = kind !== "strokes";
    this.#canvas.setAttribute(
      "aria-label",
      kind === "strokes" ? "Picture to paint" : "Picture: paint over what is to be repainted",
    );
  }

  #setErasing(isErasing: boolean): void {
    this.surface.isErasing = isErasing;
    this.#erase.setAttribute("aria-pressed", String(isErasing));
  }

  #read(): void {
    this.surface.brushSize = Number(this.#size.value);
    const checked = this.#colors.querySelector<HTMLInputElement>("input:checked");
    this.surface.color = checked?.value ?? "#000000";
  }
}

function makeSwatch(name: string, color: string, isChosen: boolean): HTMLElement {
  const input = makeElement("input", {
    attributes: { type: "radio", name: "color", value: color, "aria-label": name },
  });
  input.checked = isChosen;
  const swatch = makeElement("span", { class: "swatch" });
  swatch.style.setProperty("--color", color);
  return makeElement("label", { attributes: { title: name }, children: [input, swatch] });
}
