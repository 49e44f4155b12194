import { findElement } from "./find-element.ts";

/** Tells a screen reader what happens, one thing after the other. */
export class Announcer {
  readonly #region = findElement("announcer", HTMLElement);

  /** Says something, once what is being said is said. */
  say(text: string): void {
    this.#region.textContent = text;
  }
}
