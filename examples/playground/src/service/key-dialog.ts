import { findElement } from "../views/find-element.ts";

/** Asks for the API key of the service. */
export class KeyDialog {
  readonly #dialog = findElement("key-dialog", HTMLDialogElement);
  readonly #input = findElement("key", HTMLInputElement);
  readonly #hint = findElement("key-hint", HTMLElement);
  #answer: (key: string | undefined) => void = () => {};

  constructor() {
    findElement("key-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const key = this.#input.value.trim();
      if (key !== "") this.#close(key);
    });
    findElement("key-cancel", HTMLButtonElement).addEventListener("click", () => this.#close(undefined));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#close(undefined);
    });
  }

  /**
   * Opens the dialog.
   *
   * @param wasRefused - Whether the server has refused the key that was entered before.
   * @returns The key; `undefined` if the user cancels.
   */
  ask(wasRefused: boolean): Promise<string | undefined> {
    this.#hint.textContent = wasRefused
      ? "The server does not accept this key. Enter another one."
      : "This server asks for a key. It is kept until this tab closes.";
    this.#input.setAttribute("aria-invalid", String(wasRefused));
    this.#input.value = "";
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #close(key: string | undefined): void {
    this.#input.value = "";
    this.#dialog.close();
    this.#answer(key);
  }
}
