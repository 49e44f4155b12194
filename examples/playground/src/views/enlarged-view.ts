import { describeSettings, type Made } from "../work/made.ts";
import { markPixels } from "./draw-frame.ts";
import { findElement } from "./find-element.ts";

/** The actions for an enlarged image. */
export interface EnlargedActions {
  readonly download: (made: Made) => void;
  readonly copyLink: (made: Made) => void;
  readonly edit: (made: Made) => void;
  readonly useSettings: (made: Made) => void;
}

/** One enlarged image over the page. Arrow keys move through the others, Escape closes. */
export class EnlargedView {
  readonly #dialog = findElement("enlarged", HTMLDialogElement);
  readonly #image = findElement("enlarged-image", HTMLImageElement);
  readonly #name = findElement("enlarged-name", HTMLElement);
  readonly #settings = findElement("enlarged-settings", HTMLElement);
  readonly #speed = findElement("enlarged-speed", HTMLElement);
  readonly #previous = findElement("enlarged-previous", HTMLButtonElement);
  readonly #next = findElement("enlarged-next", HTMLButtonElement);
  readonly #link = findElement("enlarged-link", HTMLButtonElement);
  #images: readonly Made[] = [];
  #index = 0;

  constructor(actions: EnlargedActions) {
    const connect = (id: string, act: (made: Made) => void): void => {
      findElement(id, HTMLButtonElement).addEventListener("click", () => {
        const made = this.#images[this.#index];
        if (made !== undefined) act(made);
      });
    };
    connect("enlarged-download", actions.download);
    connect("enlarged-link", actions.copyLink);
    connect("enlarged-edit", (made) => {
      this.#dialog.close();
      actions.edit(made);
    });
    connect("enlarged-again", (made) => {
      this.#dialog.close();
      actions.useSettings(made);
    });
    connect("enlarged-close", () => this.#dialog.close());
    this.#previous.addEventListener("click", () => this.#walk(-1));
    this.#next.addEventListener("click", () => this.#walk(1));
    this.#dialog.addEventListener("keydown", (event) => {
      const change = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (change !== undefined) this.#walk(change);
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** Shows one of several images. Closing it restores the focus. */
  open(images: readonly Made[], made: Made): void {
    this.#images = images;
    this.#index = Math.max(0, images.indexOf(made));
    this.#show();
    this.#dialog.showModal();
  }

  #walk(change: number): void {
    const index = this.#index + change;
    if (index < 0 || index >= this.#images.length) return;
    this.#index = index;
    this.#show();
  }

  #show(): void {
    const made = this.#images[this.#index];
    if (made === undefined) return;
    const { name, settings, localName, url, speed, width, edit } = made;
    this.#image.src = url;
    this.#image.alt = `${name}, seed ${settings.seed}`;
    markPixels(this.#image, width);
    this.#name.textContent = name;
    this.#settings.textContent = describeSettings(settings, localName, edit);
    this.#link.hidden = edit !== undefined;
    this.#speed.textContent = speed;
    this.#previous.setAttribute("aria-disabled", String(this.#index === 0));
    this.#next.setAttribute("aria-disabled", String(this.#index === this.#images.length - 1));
  }
}
