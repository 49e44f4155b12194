import { parseWhole } from "../settings/settings-link.ts";
import { FieldError } from "./field-error.ts";

/** Options of {@link WholeNumberField}. */
export interface WholeNumberFieldOptions {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

/** A text field for a whole number. The arrow keys change it by one. */
export class WholeNumberField {
  readonly #input: HTMLInputElement;
  readonly #options: WholeNumberFieldOptions;

  constructor(input: HTMLInputElement, options: WholeNumberFieldOptions) {
    this.#input = input;
    this.#options = options;
    input.addEventListener("input", () => this.#mark());
    input.addEventListener("keydown", (event) => {
      const change = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (change === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.add(change);
    });
  }

  /** The number, or `undefined` if it is invalid. */
  get value(): number | undefined {
    return parseWhole(this.#input.value, this.#options.least, this.#options.most);
  }

  set value(value: number | undefined) {
    this.#input.value = value === undefined ? "" : String(value);
    this.#mark();
  }

  /** Changes the number within its range, as if the user had. */
  add(change: number): void {
    const { least, most } = this.#options;
    this.value = Math.min(most, Math.max(least, (this.value ?? least) + change));
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** The number. @throws FieldError if it is invalid. */
  read(): number {
    const { value } = this;
    if (value !== undefined) return value;
    const { name, least, most } = this.#options;
    throw new FieldError(this.#input, {
      subject: name,
      found: this.#input.value.trim() === "" ? "nothing" : this.#input.value,
      expected: `a whole number from ${least} to ${most}`,
      remedy: "Change it in the field.",
    });
  }

  #mark(): void {
    this.#input.setAttribute("aria-invalid", String(this.value === undefined));
  }
}
