import type { ModelFacts, ModelSource } from "../engine/messages.ts";
import { largestTextSteps, type ModelChoice, type Settings } from "../settings/settings.ts";
import { findElement } from "../views/find-element.ts";
import { makeElement } from "../views/make-element.ts";
import type { ModelChooser, StepsChooser } from "../views/settings-form.ts";
import { WholeNumberField } from "../views/whole-number-field.ts";
import type { ServedModel } from "./messages.ts";

/** Chooses one of the models of the service. */
export class ServedModelField implements ModelChooser {
  readonly localName = undefined;
  readonly previewId = undefined;
  readonly #select = findElement("served-model", HTMLSelectElement);
  readonly #hint = findElement("hub-outline", HTMLElement);
  readonly #models: readonly ServedModel[];

  /** @param onChange - Called when another model is chosen. */
  constructor(models: readonly ServedModel[], onChange: () => void) {
    this.#models = models;
    this.#select.append(
      ...models.map(({ id }) => makeElement("option", { text: id, attributes: { value: id } })),
    );
    this.#select.addEventListener("change", () => {
      onChange();
      // The form clears the line below the model.
      this.#showClass();
    });
    this.#showClass();
  }

  get choice(): ModelChoice {
    return { kind: "hub", id: this.#select.value, revision: undefined };
  }

  show(choice: ModelChoice): void {
    if (choice.kind === "hub" && this.#models.some(({ id }) => id === choice.id)) {
      this.#select.value = choice.id;
    }
    this.#showClass();
  }

  takeFiles(): void {
    throw new Error("The models of a server are chosen by its operator. Drop a picture.");
  }

  read(): ModelSource {
    const { value: id } = this.#select;
    return {
      kind: "hub",
      id,
      revision: undefined,
      variant: undefined,
      endpoint: undefined,
      token: undefined,
    };
  }

  #showClass(): void {
    const model = this.#models.find(({ id }) => id === this.#select.value);
    this.#hint.textContent = model?.onestep.class ?? "";
  }
}

/** A field for the number of steps; the model's default until the user changes it. */
export class ServedStepsField implements StepsChooser {
  readonly #input = findElement("steps-count", HTMLInputElement);
  readonly #field = new WholeNumberField(this.#input, { name: "Steps", least: 1, most: largestTextSteps });
  #default: number | undefined;
  #isWritten = false;

  constructor() {
    this.#input.addEventListener("input", () => {
      this.#isWritten = true;
    });
  }

  show({ steps }: Pick<Settings, "steps">): void {
    this.#isWritten = steps !== this.#default;
    this.#field.value = steps;
  }

  setModel(_known: unknown, facts: ModelFacts | undefined): void {
    this.#default = facts?.defaultSteps;
    if (!this.#isWritten && this.#default !== undefined) this.#field.value = this.#default;
  }

  read(): Pick<Settings, "steps" | "timesteps"> {
    return { steps: this.#field.read(), timesteps: undefined };
  }
}
