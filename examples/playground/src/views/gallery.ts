import { keyOf, type Made } from "../work/made.ts";
import { markPixels } from "./draw-frame.ts";
import { findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

/** The maximum number of images that a page shows without becoming slow. */
const mostImages = 240;

/** All generated images, newest first. */
export class Gallery {
  readonly #list = findElement("gallery", HTMLElement);
  readonly #empty = findElement("gallery-empty", HTMLElement);
  readonly #onOpen: (made: Made) => void;
  #images: readonly Made[] = [];

  /** @param onOpen - Called when an image is clicked. */
  constructor(onOpen: (made: Made) => void) {
    this.#onOpen = onOpen;
  }

  /** The images, newest first. */
  get images(): readonly Made[] {
    return this.#images;
  }

  /**
   * Adds the images of a run; an image that is already there moves to the front. If there are too many, the oldest are
   * removed.
   */
  add(images: readonly Made[]): void {
    const keys = new Set(images.map(keyOf).filter((key) => key !== undefined));
    const others: Made[] = [];
    for (const [index, item] of [...this.#list.children].entries()) {
      const made = this.#images[index];
      if (made === undefined) continue;
      if (!keys.has(keyOf(made) ?? "")) {
        others.push(made);
        continue;
      }
      item.remove();
      URL.revokeObjectURL(made.url);
    }
    const all = [...images, ...others];
    this.#images = all.slice(0, mostImages);
    for (const { url } of all.slice(mostImages)) URL.revokeObjectURL(url);
    this.#empty.hidden = this.#images.length > 0;
    this.#list.prepend(...images.map((made) => this.#makeItem(made)));
    for (const item of [...this.#list.children].slice(mostImages)) item.remove();
  }

  #makeItem(made: Made): HTMLElement {
    const { name, settings, url, width } = made;
    const image = makeElement("img", { attributes: { src: url, alt: "" } });
    markPixels(image, width);
    const paper = makeElement("span", { class: "paper", children: [image] });
    const button = makeElement("button", {
      attributes: { type: "button", "aria-haspopup": "dialog" },
      children: [paper, makeElement("b", { text: name }), new Text(`seed ${settings.seed}`)],
    });
    button.addEventListener("click", () => this.#onOpen(made));
    return makeElement("li", { children: [button] });
  }
}
