import type { ModelFacts } from "../engine/messages.ts";
import { largestTextSteps, type Settings, type TextSettings } from "../settings/settings.ts";
import { parseDecimal } from "../settings/settings-link.ts";
import { FieldError } from "./field-error.ts";
import { findElement } from "./find-element.ts";
import { WholeNumberField } from "./whole-number-field.ts";

/** Pictures beyond this size take too much memory for a browser. */
const largestSide = 2048;

const previews = {
  tiny: "Steps are shown by a small decoder (AutoencoderTiny).",
  linear:
    "Steps are shown as a linear estimate of the latents, an eighth as wide. A small decoder gives better ones.",
  none: "Steps are not shown: the latents of this model are of an unknown kind.",
} as const;

/** The prompt of a text-to-image model, and what belongs to it. */
export class TextField {
  readonly #field = findElement("text-field", HTMLElement);
  readonly #prompt = findElement("prompt", HTMLTextAreaElement);
  readonly #negative = findElement("negative", HTMLInputElement);
  readonly #negativeField = findElement("negative-field", HTMLElement);
  readonly #hint = findElement("text-hint", HTMLElement);
  readonly #guidance = findElement("guidance", HTMLInputElement);
  readonly #steps = new WholeNumberField(findElement("text-steps", HTMLInputElement), {
    name: "Steps",
    least: 1,
    most: largestTextSteps,
  });
  readonly #width = sideField("width", "Width");
  readonly #height = sideField("height", "Height");
  #isDefault = true;

  constructor() {
    this.#field.addEventListener("input", () => {
      this.#isDefault = false;
    });
    // As in chats: Enter makes the image, and a new line is made with Shift.
    this.#prompt.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#prompt.form?.requestSubmit();
    });
  }

  /** Shows the fields, or hides them for a model without a prompt. */
  setVisible(isVisible: boolean): void {
    this.#field.hidden = !isVisible;
  }

  /** Shows what is known of a model that is loaded; its defaults where nothing was chosen. */
  showFacts({ text, width, height }: ModelFacts): void {
    if (text === undefined) return;
    this.#negativeField.hidden = !text.takesNegativePrompt;
    this.#hint.textContent = previews[text.preview];
    if (!this.#isDefault) return;
    this.#fill({ ...text, width, height });
  }

  /** Shows some settings. */
  show({ text, steps }: Settings): void {
    if (text === undefined) return;
    this.#isDefault = false;
    this.#prompt.value = text.prompt;
    this.#negative.value = text.negativePrompt;
    this.#fill({ ...text, steps });
  }

  /** Whether the person has chosen no numbers, so that those of the model apply once it is loaded. */
  get isDefault(): boolean {
    return this.#isDefault || this.#guidance.value.trim() === "";
  }

  /** What is chosen. @throws FieldError if something in a field cannot be used. */
  read(): Pick<Settings, "steps"> & { readonly text: TextSettings } {
    const prompt = this.#prompt.value.trim();
    if (prompt === "") {
      throw new FieldError(this.#prompt, {
        subject: "Prompt",
        found: "nothing",
        expected: "what the picture shows",
        remedy: "Describe it in a few words.",
      });
    }
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

  #fill(values: {
    readonly steps: number;
    readonly guidanceScale: number;
    readonly width: number;
    readonly height: number;
  }): void {
    this.#steps.value = values.steps;
    this.#guidance.value = String(values.guidanceScale);
    this.#width.value = values.width;
    this.#height.value = values.height;
  }
}

function sideField(id: string, name: string): WholeNumberField {
  return new WholeNumberField(findElement(id, HTMLInputElement), { name, least: 8, most: largestSide });
}
