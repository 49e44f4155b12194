import type { ModelFacts } from "../engine/messages.ts";
import { largestTextSteps, type Settings, type TextSettings } from "../settings/settings.ts";
import { parseDecimal } from "../settings/settings-link.ts";
import { FieldError } from "./field-error.ts";
import { findElement } from "./find-element.ts";
import { WholeNumberField } from "./whole-number-field.ts";

/** Larger pictures take too much memory for a browser. */
const largestSide = 2048;

type NumberName = "guidanceScale" | "steps" | "width" | "height";

const previews = {
  tiny: "Steps are shown by a small decoder (AutoencoderTiny).",
  linear:
    "Steps are shown as a linear estimate of the latents, an eighth as wide. A small decoder gives better ones.",
  sent: "Previews appear while the service makes the image.",
  none: "Steps are not shown: the latents of this model are of an unknown kind.",
} as const;

/** The prompt of a text-to-image model, and related settings. */
export class TextField {
  readonly #field = findElement("text-field", HTMLElement);
  readonly #prompt = findElement("prompt", HTMLTextAreaElement);
  readonly #negative = findElement("negative", HTMLInputElement);
  readonly #negativeField = findElement("negative-field", HTMLElement);
  readonly #hint = findElement("text-hint", HTMLElement);
  readonly #guidanceField = findElement("guidance-field", HTMLElement);
  readonly #guidance = findElement("guidance", HTMLInputElement);
  readonly #numbers: ReadonlyMap<NumberName, HTMLInputElement> = new Map([
    ["guidanceScale", this.#guidance],
    ["steps", findElement("text-steps", HTMLInputElement)],
    ["width", findElement("width", HTMLInputElement)],
    ["height", findElement("height", HTMLInputElement)],
  ]);
  readonly #steps = new WholeNumberField(findElement("text-steps", HTMLInputElement), {
    name: "Steps",
    least: 1,
    most: largestTextSteps,
  });
  readonly #width = sideField("width", "Width");
  readonly #height = sideField("height", "Height");
  /** The fields that the user has edited; the others show the model's defaults. */
  readonly #written = new Set<EventTarget>();

  /** @param onSize - Called when the user has changed the size. */
  constructor(onSize: () => void) {
    this.#field.addEventListener("input", ({ target }) => {
      if (target !== null) this.#written.add(target);
    });
    for (const name of ["width", "height"] as const) {
      this.#numbers.get(name)?.addEventListener("change", onSize);
    }
    // As in chats: Enter generates, Shift+Enter starts a new line.
    this.#prompt.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#prompt.form?.requestSubmit();
    });
  }

  /** Shows the fields, or hides them for models without a prompt. */
  setVisible(isVisible: boolean): void {
    this.#field.hidden = !isVisible;
  }

  /** Shows what is known about a loaded model, including its defaults in untouched fields. */
  showFacts({ text, width, height }: ModelFacts): void {
    if (text === undefined) return;
    this.#negativeField.hidden = !text.takesNegativePrompt;
    this.#guidanceField.hidden = !text.takesGuidance;
    this.#hint.textContent = previews[text.preview];
    this.#fill({ ...text, width, height }, this.#written);
  }

  /** Shows some settings. */
  show({ text, steps }: Settings): void {
    if (text === undefined) return;
    this.#prompt.value = text.prompt;
    this.#negative.value = text.negativePrompt;
    this.#fill({ ...text, steps }, new Set());
    for (const input of this.#numbers.values()) this.#written.add(input);
  }

  /** The size; `undefined` if it is invalid. */
  get size(): Pick<TextSettings, "width" | "height"> | undefined {
    const { value: width } = this.#width;
    const { value: height } = this.#height;
    return width === undefined || height === undefined ? undefined : { width, height };
  }

  /** The prompt. @throws FieldError if it is empty. */
  readPrompt(): string {
    const prompt = this.#prompt.value.trim();
    if (prompt !== "") return prompt;
    throw new FieldError(this.#prompt, {
      subject: "Prompt",
      found: "nothing",
      expected: "what the picture shows",
      remedy: "Describe it in a few words.",
    });
  }

  /** The chosen settings. @throws FieldError if a field is invalid. */
  read(): Pick<Settings, "steps"> & { readonly text: TextSettings } {
    const prompt = this.readPrompt();
    const guidanceScale = parseDecimal(this.#guidance.value, 0, 100);
    if (guidanceScale === undefined) {
      throw new FieldError(this.#guidance, {
        subject: "Guidance",
        found: this.#guidance.value.trim() || "nothing",
        expected: "a number from 0 to 100, such as 7.5",
        remedy: "Change it in the field.",
      });
    }
    return {
      steps: this.#steps.read(),
      text: {
        prompt,
        negativePrompt: this.#negativeField.hidden ? "" : this.#negative.value.trim(),
        guidanceScale,
        width: this.#width.read(),
        height: this.#height.read(),
      },
    };
  }

  #fill(values: Readonly<Record<NumberName, number>>, kept: ReadonlySet<EventTarget>): void {
    for (const [name, input] of this.#numbers) {
      if (kept.has(input)) continue;
      input.value = String(values[name]);
      input.setAttribute("aria-invalid", "false");
    }
  }
}

function sideField(id: string, name: string): WholeNumberField {
  return new WholeNumberField(findElement(id, HTMLInputElement), { name, least: 8, most: largestSide });
}
