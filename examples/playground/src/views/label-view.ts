import { describeSettings, type Made } from "../work/made.ts";
import { findElement } from "./find-element.ts";

/** The label for the stage, like the one beside a picture in a museum. */
export class LabelView {
  readonly #name = findElement("label-name", HTMLElement);
  readonly #settings = findElement("label-settings", HTMLElement);
  readonly #speed = findElement("label-speed", HTMLElement);
  readonly #actions = findElement("label-actions", HTMLElement);
  readonly #copyLink = findElement("copy-link", HTMLButtonElement);

  /** Describes the noise of some seeds. */
  showNoise(seed: number, count: number): void {
    this.#name.textContent = "Noise";
    this.#settings.textContent =
      count === 1
        ? `Starting noise of seed ${seed}, identical to PyTorch's`
        : `Starting noise of the ${count} seeds from ${seed} on, identical to PyTorch's`;
    this.#speed.textContent = "";
    this.#actions.hidden = true;
  }

  /**
   * Says that there is no image yet.
   *
   * @param isLocal - Whether the model has to be downloaded first.
   */
  showWaiting(isLocal: boolean): void {
    this.#name.textContent = "Nothing yet";
    this.#settings.textContent = isLocal
      ? "Generate downloads the model and makes the image."
      : "Generate makes the image.";
    this.#speed.textContent = "";
    this.#actions.hidden = true;
  }

  /** Describes the images of a run. */
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
    // A link cannot contain the user's picture.
    this.#copyLink.hidden = first.edit !== undefined;
  }
}
