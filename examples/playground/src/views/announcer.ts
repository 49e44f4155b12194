import { findElement } from "./find-element.ts";

/** Announces events to a screen reader, one after another. */
export class Announcer {
  readonly #region = findElement("announcer", HTMLElement);

  /** Announces a text, after the current announcement. */
  say(text: string): void {
    this.#region.textContent = text;
  }
}
