import { findElement } from "./find-element.ts";

type Theme = "light" | "dark";

/** The button that switches between light and dark. Until it is used, the page follows the system. */
export class ThemeToggle {
  readonly #button = findElement("theme", HTMLButtonElement);
  readonly #name = findElement("theme-name", HTMLElement);
  readonly #system = matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    this.#show();
    this.#system.addEventListener("change", () => this.#show());
    this.#button.addEventListener("click", () => {
      const next: Theme = this.#theme === "dark" ? "light" : "dark";
      document.documentElement.dataset["theme"] = next;
      // Read by a script in the page's head, before the first paint.
      localStorage.setItem("theme", next);
      this.#show();
    });
  }

  get #theme(): Theme {
    const chosen = document.documentElement.dataset["theme"];
    if (chosen === "light" || chosen === "dark") return chosen;
    return this.#system.matches ? "dark" : "light";
  }

  #show(): void {
    const next = this.#theme === "dark" ? "Light" : "Dark";
    this.#name.textContent = next;
    this.#button.setAttribute("aria-label", `${next} colours`);
  }
}
