import { ClassNames } from "@onestep/pipelines";
import { findClass, formatClass } from "../model/find-class.ts";
import type { Settings } from "../settings/settings.ts";
import { FieldError } from "./field-error.ts";
import { chooseRadio, chosenRadio, findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

/** The maximum number of classes to show as buttons. */
const mostChips = 40;

/** What is known about the classes of a model. */
export interface Classes {
  /** The number of classes; `undefined` for none. */
  readonly count: number | undefined;
  readonly names: ClassNames;
  /** Whether this is certain; if not, the model has to be loaded first. */
  readonly isKnown: boolean;
}

/** The listeners of a {@link ClassField}. */
export interface ClassFieldListeners {
  /** The user chose another class, or one of each; `count` is the number of classes. */
  readonly onChoice: (label: Settings["classLabel"], count: number | undefined) => void;
}

/** Chooses the class: a field for a name or number, and buttons if there are only a few classes and all have names. */
export class ClassField {
  readonly #field = findElement("class-field", HTMLElement);
  readonly #chips = findElement("class-chips", HTMLElement);
  readonly #input = findElement("class-text", HTMLInputElement);
  readonly #list = findElement("class-names", HTMLDataListElement);
  readonly #hint = findElement("class-hint", HTMLElement);
  readonly #listeners: ClassFieldListeners;
  /** Identifies the classes currently shown by the buttons and the list. */
  #shown: string | undefined;
  #told: Settings["classLabel"] | undefined;
  #classes: Classes = { count: undefined, names: new ClassNames(), isKnown: false };

  constructor(listeners: ClassFieldListeners) {
    this.#listeners = listeners;
    this.#chips.addEventListener("change", () => {
      const choice = chosenRadio("class");
      if (choice === undefined) return;
      this.show(choice === "each" ? choice : Number(choice));
      this.#told = undefined;
      this.#tell();
    });
    this.#input.addEventListener("input", () => {
      chooseRadio("class", String(this.#tryRead()));
      this.#showHint();
      // A number may be incomplete: 2 may become 29.
      if (typeof this.#tryRead() === "number" && !/^\d/.test(this.#input.value.trim())) this.#tell();
    });
    this.#input.addEventListener("change", () => this.#tell());
    // The text is a complete choice; typing replaces it.
    this.#input.addEventListener("focus", () => this.#input.select());
  }

  /** Shows the classes of a model. */
  setClasses(classes: Classes): void {
    const before = this.#tryRead();
    this.#classes = classes;
    const { count, names, isKnown } = classes;
    const hasChips = count !== undefined && count <= mostChips && names.names.length === count;
    this.#chips.hidden = !hasChips;
    this.#field.hidden = isKnown && count === undefined;
    // Model facts arrive with every run: keep the focus and any unfinished input.
    const shown = JSON.stringify([count, names.names]);
    if (shown === this.#shown) {
      this.#showHint();
      return;
    }
    this.#shown = shown;
    this.#chips.replaceChildren(...(hasChips ? makeChips(names.names) : []));
    const options = hasChips ? [] : names.names.map((name, id) => `${id} ${name}`);
    this.#list.replaceChildren(...options.map((value) => makeElement("option", { attributes: { value } })));
    this.show(before ?? 0);
  }

  /** Shows a class. */
  show(label: Settings["classLabel"]): void {
    const { count, names } = this.#classes;
    const shown = label === "each" || count === undefined || label < count ? label : 0;
    chooseRadio("class", String(shown));
    this.#input.value = shown === "each" ? "one of each" : formatClass(shown, names);
    this.#told = shown;
    this.#showHint();
  }

  /** The chosen class. @throws FieldError if no class has this name or number. */
  read(): Settings["classLabel"] {
    const label = this.#tryRead();
    if (label !== undefined) return label;
    const { count, names } = this.#classes;
    const text = this.#input.value.trim();
    const numbers = count === undefined ? "a number" : `a number from 0 to ${count - 1}`;
    throw new FieldError(this.#input, {
      subject: "Class",
      found: text === "" ? "nothing" : text,
      expected: names.names.length === 0 ? numbers : `the name of a class, or ${numbers}`,
      remedy:
        this.#suggest() ?? (names.names.length === 0 ? "Write its number." : "Choose one from the list."),
    });
  }

  /** Whether one of each is chosen, with too many classes to show or an unknown number. */
  get isEachOfMany(): boolean {
    return this.#chips.hidden && this.#tryRead() === "each";
  }

  /** Whether one of each is chosen. */
  get isEach(): boolean {
    return this.#tryRead() === "each";
  }

  /** The name of a class; its number if the page does not know a name. */
  nameOf(label: number | undefined): string {
    if (label === undefined) return "image";
    return this.#classes.names.nameOf(label) ?? `class ${label}`;
  }

  #tell(): void {
    const label = this.#tryRead();
    if (label === undefined || label === this.#told) return;
    this.#told = label;
    this.#listeners.onChoice(label, this.#classes.count);
  }

  #tryRead(): Settings["classLabel"] | undefined {
    const { count, names } = this.#classes;
    const text = this.#input.value.trim();
    return findClass(text, names, count) ?? (/^(?:one of )?each$/i.test(text) ? "each" : undefined);
  }

  #suggest(): string | undefined {
    const meant = this.#classes.names.suggest(this.#input.value.trim());
    return meant.length === 0 ? undefined : `Did you mean ${meant.join(" or ")}?`;
  }

  #showHint(): void {
    const isWrong = this.#tryRead() === undefined;
    this.#input.setAttribute("aria-invalid", String(isWrong));
    const { count, names, isKnown } = this.#classes;
    const hint = !isKnown
      ? "A number, where the model has classes. Names are known once it is loaded."
      : names.names.length === 0
        ? `A number from 0 to ${(count ?? 1) - 1}.`
        : this.#chips.hidden
          ? `One of ${count} classes: write a name or a number.`
          : undefined;
    const text = isWrong ? (this.#suggest() ?? hint) : hint;
    this.#hint.hidden = text === undefined;
    this.#hint.textContent = text ?? "";
  }
}

function makeChips(names: readonly string[]): readonly HTMLElement[] {
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
