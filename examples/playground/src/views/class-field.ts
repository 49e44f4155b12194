import type { Settings } from "../settings/settings.ts";
import { parseWhole } from "../settings/settings-link.ts";
import { FieldError } from "./field-error.ts";
import { chooseRadio, chosenRadio, findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

/** As many classes as there is room for, one button each. */
const mostChips = 20;

/** Which class to make: buttons where there are few and they have names, else a field for a number or a name. */
export class ClassField {
  readonly #field = findElement("class-field", HTMLElement);
  readonly #chips = findElement("class-chips", HTMLElement);
  readonly #free = findElement("class-free", HTMLElement);
  readonly #input = findElement("class-text", HTMLInputElement);
  readonly #list = findElement("class-names", HTMLDataListElement);
  readonly #hint = findElement("class-hint", HTMLElement);
  #names: readonly string[] = [];
  #count: number | undefined;
  #isKnown = true;

  /** @param onEach - Called when a person asks for one of each, with the number of classes. */
  constructor(onEach: (count: number) => void) {
    this.#chips.addEventListener("change", () => {
      if (chosenRadio("class") === "each") onEach(this.#names.length);
    });
  }

  /**
   * Shows the classes of a model.
   *
   * @param count - How many; `undefined` for none.
   * @param isKnown - Whether that is certain, or the model has yet to be loaded.
   */
  setClasses(count: number | undefined, names: readonly string[], isKnown: boolean): void {
    const before = this.#tryRead();
    this.#count = count;
    this.#names = names;
    this.#isKnown = isKnown;
    const hasChips = names.length > 0 && names.length <= mostChips;
    this.#chips.hidden = !hasChips;
    this.#free.hidden = hasChips || (isKnown && count === undefined);
    this.#chips.replaceChildren(...(hasChips ? this.#makeChips(names) : []));
    this.#list.replaceChildren(
      ...(hasChips
        ? []
        : names.map((name, label) => makeElement("option", { attributes: { value: `${label} ${name}` } }))),
    );
    this.#field.hidden = isKnown && count === undefined;
    this.show(before ?? 0);
    this.#showHint();
  }

  /** Shows a class. */
  show(label: Settings["classLabel"]): void {
    const fits = label === "each" || this.#count === undefined || label < this.#count;
    const shown = fits ? label : 0;
    chooseRadio("class", String(shown));
    const name = shown === "each" ? undefined : this.#names[shown];
    this.#input.value = name === undefined ? String(shown) : `${shown} ${name}`;
  }

  /** The class that is chosen. @throws FieldError where there is none of that number or name. */
  read(): Settings["classLabel"] {
    const label = this.#tryRead();
    if (label !== undefined) return label;
    throw new FieldError(this.#input, {
      subject: "Class",
      found: this.#input.value.trim() === "" ? "nothing" : this.#input.value,
      expected: this.#count === undefined ? "a number" : `a number from 0 to ${this.#count - 1}, or a name`,
      remedy: "Choose one from the list, or write its number.",
    });
  }

  /** What a class is called; its number where the page knows no name. */
  nameOf(label: number | undefined): string {
    if (label === undefined) return "image";
    return this.#names[label] ?? `class ${label}`;
  }

  #tryRead(): Settings["classLabel"] | undefined {
    if (!this.#chips.hidden) {
      const choice = chosenRadio("class");
      return choice === "each" ? choice : choice === undefined ? undefined : Number(choice);
    }
    const text = this.#input.value.trim();
    if (text === "each") return text;
    const named = this.#names.findIndex((name) => name.toLowerCase() === text.toLowerCase());
    if (named >= 0) return named;
    return parseWhole(/^\d+/.exec(text)?.[0] ?? "", 0, (this.#count ?? 65_536) - 1);
  }

  #makeChips(names: readonly string[]): readonly HTMLElement[] {
    const choices = [
      ...names.map((name, label) => [String(label), name] as const),
      ["each", "one of each"] as const,
    ];
    return choices.map(([value, name]) =>
      makeElement("label", {
        children: [
          makeElement("input", { attributes: { type: "radio", name: "class", value } }),
          makeElement("span", { text: name }),
        ],
      }),
    );
  }

  #showHint(): void {
    this.#hint.hidden = !this.#chips.hidden;
    this.#hint.textContent = !this.#isKnown
      ? "A number, where the model has classes."
      : this.#names.length > 0
        ? `One of ${this.#count} classes of ImageNet: write a name or a number.`
        : `A number from 0 to ${(this.#count ?? 1) - 1}.`;
  }
}
