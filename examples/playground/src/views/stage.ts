import type { Frame, FrameEvent } from "../engine/messages.ts";
import { pickSteps } from "../work/pick-steps.ts";
import { drawFrame } from "./draw-frame.ts";
import { findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

/** How long each step is to be seen, in milliseconds, where there are few; the model is mostly faster. */
const pause = 150;

/** Where there are more steps than this, they are not held up. */
const mostPaused = 6;

/** Pixels between the images of a sheet. */
const gap = 2;

/** As wide as a sheet of images may be for its height. */
const widest = 1.25;

/** As many steps as there is room for in the strip. */
const mostInStrip = 5;

/** The large picture: the noise, each step as it is done, and the images. Under it, or beside it, all steps. */
export class Stage {
  readonly #section = findElement("stage", HTMLElement);
  readonly #tiles = findElement("tiles", HTMLElement);
  readonly #strip = findElement("strip", HTMLElement);
  readonly #onOpen: (index: number) => void;
  readonly #motion = matchMedia("(prefers-reduced-motion: reduce)");
  #steps: { readonly step: number; readonly frames: readonly Frame[] }[] = [];
  #shown = 0;
  #drawn: Promise<void> = Promise.resolve();
  #names: readonly string[] = [];
  #isDone = false;

  /** @param onOpen - Called when a finished image is clicked. */
  constructor(onOpen: (index: number) => void) {
    this.#onOpen = onOpen;
  }

  /** Shows the noise that images will come from. */
  showNoise(frames: readonly Frame[]): void {
    this.#isDone = false;
    this.#names = frames.map((_, index) => `noise ${index + 1}`);
    this.#steps = [{ step: 0, frames }];
    this.#makeTiles(frames.length);
    this.#show(0);
  }

  /** Shows a step, after those before it have been seen. */
  addStep({ step, totalSteps, frames }: FrameEvent): void {
    const rest = this.#motion.matches || totalSteps > mostPaused ? 0 : pause;
    this.#drawn = this.#drawn.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, rest));
      this.#steps.push({ step, frames });
      this.#show(this.#steps.length - 1);
    });
  }

  /**
   * Shows finished images, after all steps have been seen.
   *
   * @param names - What each shows.
   */
  async finish(frames: readonly Frame[], names: readonly string[]): Promise<void> {
    await this.#drawn;
    this.#isDone = true;
    this.#names = names;
    this.#steps = [...this.#steps.slice(0, -1), { step: this.#steps.at(-1)?.step ?? 1, frames }];
    this.#makeTiles(frames.length);
    this.#show(this.#steps.length - 1);
  }

  /** Forgets steps that have not been shown, and goes back to the noise. */
  async reset(): Promise<void> {
    await this.#drawn;
    const [noise] = this.#steps;
    if (noise !== undefined) this.showNoise(noise.frames);
  }

  /** What is on the stage as one PNG. */
  async toPng(): Promise<Blob> {
    const canvases = [...this.#tiles.querySelectorAll("canvas")];
    const columns = Math.ceil(Math.sqrt(canvases.length));
    const { width = 0, height = 0 } = canvases[0] ?? {};
    const sheet = new OffscreenCanvas(
      columns * (width + gap) - gap,
      Math.ceil(canvases.length / columns) * (height + gap) - gap,
    );
    const context = sheet.getContext("2d");
    if (context === null) throw new Error("This browser gives no canvas to draw on.");
    context.fillStyle = "white";
    context.fillRect(0, 0, sheet.width, sheet.height);
    for (const [index, canvas] of canvases.entries()) {
      const [row, column] = [Math.floor(index / columns), index % columns];
      context.drawImage(canvas, column * (width + gap), row * (height + gap));
    }
    return sheet.convertToBlob({ type: "image/png" });
  }

  #makeTiles(count: number): void {
    const columns = Math.ceil(Math.sqrt(count));
    this.#tiles.style.setProperty("--columns", String(columns));
    const ratio = Math.min(widest, columns / Math.ceil(count / columns));
    this.#section.style.setProperty("--ratio", String(ratio));
    const hadFocus = [...this.#tiles.children].findIndex((child) => child.contains(document.activeElement));
    this.#tiles.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const canvas = makeElement("canvas", {
          attributes: { role: "img", "aria-label": this.#names[index] ?? "" },
        });
        if (!this.#isDone) {
          return makeElement("li", { children: [makeElement("div", { class: "tile", children: [canvas] })] });
        }
        const button = makeElement("button", {
          class: "tile",
          attributes: { type: "button", "aria-label": `Enlarge: ${this.#names[index] ?? ""}` },
          children: [canvas],
        });
        button.addEventListener("click", () => this.#onOpen(index));
        return makeElement("li", { children: [button] });
      }),
    );
    this.#tiles.children[hadFocus]?.querySelector("button")?.focus();
  }

  #show(index: number): void {
    this.#shown = index;
    const frames = this.#steps[index]?.frames ?? [];
    for (const [tile, canvas] of this.#tiles.querySelectorAll("canvas").entries()) {
      const frame = frames[tile];
      if (frame !== undefined) drawFrame(canvas, frame);
    }
    this.#showStrip();
  }

  #showStrip(): void {
    const picked = pickSteps(this.#steps.length, mostInStrip);
    // Buttons stay while nothing but the choice changes, so that the focus does.
    const keys = picked.map((index) => `${index}/${this.#steps.length}/${this.#isDone}`).join();
    if (this.#strip.dataset["keys"] !== keys || !this.#isDone) {
      this.#strip.dataset["keys"] = keys;
      this.#strip.replaceChildren(...picked.map((index) => this.#makeStripItem(index)));
    }
    for (const [place, button] of this.#strip.querySelectorAll("button").entries()) {
      button.setAttribute("aria-pressed", String(picked[place] === this.#shown));
    }
  }

  #makeStripItem(index: number): HTMLElement {
    const canvas = makeElement("canvas", { attributes: { "aria-hidden": "true" } });
    const { step, frames } = this.#steps[index] ?? { step: 0, frames: [] };
    if (frames[0] !== undefined) drawFrame(canvas, frames[0]);
    const text = index === 0 ? "Noise" : `Step ${step}`;
    const button = makeElement("button", {
      attributes: { type: "button" },
      children: [canvas, new Text(text)],
    });
    button.addEventListener("click", () => this.#show(index));
    return makeElement("li", { children: [button] });
  }
}
