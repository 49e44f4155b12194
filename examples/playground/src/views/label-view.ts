import { describeSettings, type Made } from "../work/made.ts";
import { findElement } from "./find-element.ts";

/** The label of what is on the stage, as beside a picture in a museum. */
export class LabelView {
  readonly #name = findElement("label-name", HTMLElement);
  readonly #settings = findElement("label-settings", HTMLElement);
  readonly #speed = findElement("label-speed", HTMLElement);
  readonly #actions = findElement("label-actions", HTMLElement);
  readonly #copyLink = findElement("copy-link", HTMLButtonElement);

  /** Names the noise of some seeds. */
  showNoise(seed: number, count: number): void {
    this.#name.textContent = "Noise";
    this.#settings.textContent =
      count === 1
        ? `Starting noise of seed ${seed}, identical to PyTorch's`
        : `Starting noise of the ${count} seeds from ${seed} on, identical to PyTorch's`;
    this.#speed.textContent = "";
    this.#actions.hidden = true;
  }

  /** Says that there is no image yet of a model that waits to be loaded. */
  showWaiting(): void {
    this.#name.textContent = "Nothing yet";
    this.#settings.textContent = "Generate downloads the model and makes the image.";
    this.#speed.textContent = "";
    this.#actions.hidden = true;
  }

  /** Names the images of a run. */
  showImages(images: readonly Made[]): void {
    const [first] = images;
    if (first === undefined) return;
    const names = [...new Set(images.map(({ name }) => name))];
    this.#name.textContent = names.length > 3 ? `${images.length} images` : names.join(", ");
    this.#settings.textContent = describeSettings(
      { ...first.settings, count: images.length },
      first.localName,
      first.edit,
    );
    this.#speed.textContent = first.speed;
    this.#actions.hidden = false;
    // A picture of the person is not in a link.
    this.#copyLink.hidden = first.edit !== undefined;
  }
}
