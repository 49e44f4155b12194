import type { Frame, FrameEvent } from "../engine/messages.ts";
import { pickSteps } from "../work/pick-steps.ts";
import { drawFrame } from "./draw-frame.ts";
import { findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

/** How long each step stays visible, in milliseconds, if there are only a few; the model is usually faster. */
const pause = 150;

/** With more steps than this, they are not slowed down. */
const mostPaused = 6;

/** The gap between the images of a sheet, in pixels. */
const gap = 2;

/** The maximum aspect ratio (width to height) of a sheet of images. */
const widest = 1.25;

/** The maximum number of steps that fit in the strip. */
const mostInStrip = 5;

/** A picture in the strip: the noise, a step, or a point between two pictures. */
export interface Stop {
  readonly label: string;
  readonly frames: readonly Frame[];
}

/**
 * The large picture: the noise, each step as it completes, and the images. Below or beside it is the strip of all
 * steps.
 */
export class Stage {
  readonly #section = findElement("stage", HTMLElement);
  readonly #tiles = findElement("tiles", HTMLElement);
  readonly #strip = findElement("strip", HTMLElement);
  readonly #onOpen: (index: number) => void;
  readonly #onShow: (stop: number) => void;
  readonly #motion = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #small = matchMedia("(max-width: 44rem)");
  #stops: Stop[] = [];
  #shown = 0;
  #drawn: Promise<void> = Promise.resolve();
  #names: readonly string[] = [];
  #isDone = false;
  /** Counts finished runs, so that the strip shows the pictures of the latest one. */
  #run = 0;
  /** Whether the bundled first picture is shown; it stays until there is another. */
  #isHeld = true;

  /**
   * @param onOpen - Called when a finished image is clicked.
   * @param onShow - Called when a stop of the strip is shown.
   */
  constructor(onOpen: (index: number) => void, onShow: (stop: number) => void) {
    this.#onOpen = onOpen;
    this.#onShow = onShow;
  }

  /** Releases the bundled first picture. */
  release(): void {
    this.#isHeld = false;
    this.#tiles.querySelector(".first")?.remove();
    delete document.documentElement.dataset["linked"];
  }

  /** Sets whether an image is being generated. */
  setBusy(isBusy: boolean): void {
    this.#section.setAttribute("aria-busy", String(isBusy));
  }

  /** Starts a run with its initial noise; without noise, the current picture stays until the first step. */
  begin(frames: readonly Frame[]): void {
    this.#stops = frames.length === 0 ? [] : [{ label: "Noise", frames }];
    if (this.#isHeld || frames.length === 0) return;
    this.#isDone = false;
    this.#names = frames.map((_, index) => `noise ${index + 1}`);
    this.#makeTiles(frames.length);
    this.#show(0);
  }

  /** Shows the prediction of a step, after the previous steps have been visible long enough. */
  addStep({ step, totalSteps, frames, label }: FrameEvent): void {
    if (frames.length === 0) return;
    const rest = this.#motion.matches || totalSteps > mostPaused ? 0 : pause;
    this.#drawn = this.#drawn.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, rest));
      const stop = { label: label ?? (step === 0 ? "Before" : `Step ${step}`), frames };
      if (label !== undefined && this.#stops.at(-1)?.label === label) this.#stops.pop();
      this.#stops.push(stop);
      if (this.#isHeld) return;
      if (this.#tiles.querySelectorAll("canvas").length !== frames.length) {
        this.#isDone = false;
        this.#names = frames.map((_, index) => `step ${step}, ${index + 1}`);
        this.#makeTiles(frames.length);
      }
      this.#show(this.#stops.length - 1);
    });
  }

  /**
   * Shows finished images, after all steps have been visible long enough.
   *
   * @param names - What each of them shows.
   */
  async finish(frames: readonly Frame[], names: readonly string[]): Promise<void> {
    await this.#drawn;
    const last = this.#stops.at(-1)?.label ?? "Step 1";
    this.#finish([...this.#stops.slice(0, -1), { label: last, frames }], names);
  }

  /**
   * Shows one of several interpolated pictures; the strip shows a selection of them.
   *
   * @param name - What the pictures show.
   */
  async finishWay(stops: readonly Stop[], shown: number, name: string): Promise<void> {
    await this.#drawn;
    this.#finish([...stops], [name], shown);
  }

  /** Shows another stop. */
  showStop(index: number): void {
    if (index !== this.#shown && index < this.#stops.length) this.#show(index);
  }

  /** After a cancelled or failed run: goes back to its noise, if it started from noise. */
  async reset(): Promise<void> {
    await this.#drawn;
    const [first] = this.#stops;
    if (first?.label === "Noise") this.begin(first.frames);
  }

  /** The contents of the stage as one PNG. */
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

  #finish(stops: Stop[], names: readonly string[], shown = stops.length - 1): void {
    this.#isHeld = false;
    this.#isDone = true;
    this.#run += 1;
    this.#names = names;
    this.#stops = stops;
    this.#makeTiles(stops[shown]?.frames.length ?? 0);
    this.#show(shown);
    this.#bringIntoView();
  }

  /** On a small screen, the picture may be far from the controls. Does not scroll while the user is typing. */
  #bringIntoView(): void {
    const { top, bottom } = this.#tiles.getBoundingClientRect();
    const isVisible = bottom > 0.3 * innerHeight && top < 0.5 * innerHeight;
    if (isVisible || !this.#small.matches || document.documentElement.classList.contains("writing")) return;
    const behavior = this.#motion.matches ? "instant" : "smooth";
    this.#tiles.scrollIntoView({ block: "center", behavior });
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
    const frames = this.#stops[index]?.frames ?? [];
    for (const [tile, canvas] of this.#tiles.querySelectorAll("canvas").entries()) {
      const frame = frames[tile];
      if (frame !== undefined) drawFrame(canvas, frame);
    }
    this.#showStrip();
  }

  #showStrip(): void {
    const picked = pickSteps(this.#stops.length, mostInStrip);
    // Keep the buttons if only the selection changes, so that the focus is kept.
    const keys = picked.map((index) => `${index}/${this.#stops.length}/${this.#run}`).join();
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
    const { label, frames } = this.#stops[index] ?? { label: "", frames: [] };
    if (frames[0] !== undefined) drawFrame(canvas, frames[0]);
    const button = makeElement("button", {
      attributes: { type: "button" },
      children: [canvas, new Text(label)],
    });
    button.addEventListener("click", () => {
      this.#show(index);
      this.#onShow(index);
    });
    return makeElement("li", { children: [button] });
  }
}
