import type { ModelSource } from "../engine/messages.ts";
import { suggestedIds } from "../model/known-models.ts";
import { type LocalModel, modelOfFiles, nameOfLocalModel } from "../model/local-model.ts";
import { shippedModelFolder } from "../model/shipped-model.ts";
import type { ModelChoice } from "../settings/settings.ts";
import { FieldError } from "./field-error.ts";
import { chooseRadio, chosenRadio, findElement, findRadios } from "./find-element.ts";
import { makeElement } from "./make-element.ts";
import type { ModelChooser } from "./settings-form.ts";

/** Chooses the model: the bundled one, one from the Hub, or the user's files. */
export class ModelField implements ModelChooser {
  readonly #panels = {
    shipped: findElement("model-shipped", HTMLElement),
    hub: findElement("model-hub", HTMLElement),
    files: findElement("model-files", HTMLElement),
  };
  readonly #id = findElement("hub-id", HTMLInputElement);
  readonly #revision = findElement("hub-revision", HTMLInputElement);
  readonly #variant = findElement("hub-variant", HTMLInputElement);
  readonly #endpoint = findElement("hub-endpoint", HTMLInputElement);
  readonly #token = findElement("hub-token", HTMLInputElement);
  readonly #preview = findElement("preview-id", HTMLInputElement);
  readonly #chooseFolder = findElement("choose-folder", HTMLButtonElement);
  readonly #filesHint = findElement("files-hint", HTMLElement);
  readonly #onChange: () => void;
  #local: LocalModel | undefined;

  /** @param onChange - Called when another model is chosen. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    findElement("hub-ids", HTMLDataListElement).append(
      ...suggestedIds.map((value) => makeElement("option", { attributes: { value } })),
    );
    for (const radio of findRadios("model")) radio.addEventListener("change", () => this.#change());
    for (const input of [this.#id, this.#revision, this.#variant, this.#endpoint]) {
      input.addEventListener("change", onChange);
    }
    this.#connectPicker(this.#chooseFolder, findElement("folder-input", HTMLInputElement));
    this.#connectPicker(
      findElement("choose-file", HTMLButtonElement),
      findElement("file-input", HTMLInputElement),
    );
  }

  get choice(): ModelChoice {
    const kind = chosenRadio("model");
    if (kind === "files") return { kind };
    if (kind === "hub") return { kind, id: this.#id.value.trim(), revision: given(this.#revision) };
    return { kind: "shipped" };
  }

  get localName(): string | undefined {
    return this.#local === undefined ? undefined : nameOfLocalModel(this.#local);
  }

  get previewId(): string | undefined {
    return this.choice.kind === "shipped" ? undefined : given(this.#preview);
  }

  show(choice: ModelChoice): void {
    chooseRadio("model", choice.kind);
    if (choice.kind === "hub") {
      this.#id.value = choice.id;
      this.#revision.value = choice.revision ?? "";
    }
    this.#show();
  }

  takeFiles(model: LocalModel): void {
    this.#local = model;
    const count = model.kind === "file" ? "" : `, ${model.files.size} files`;
    this.#filesHint.textContent = `${nameOfLocalModel(model)}${count}. It stays on this device.`;
    chooseRadio("model", "files");
    this.#change();
  }

  read(): ModelSource {
    const { choice } = this;
    if (choice.kind === "shipped") {
      return { kind: "shipped", folder: new URL(shippedModelFolder, document.baseURI).href };
    }
    if (choice.kind === "files") {
      if (this.#local !== undefined) return this.#local;
      throw new FieldError(this.#chooseFolder, {
        subject: "Your files",
        found: "none",
        expected: "the folder of a model, or a checkpoint",
        remedy: "Choose one, or drop it on the page.",
      });
    }
    if (choice.id === "") {
      throw new FieldError(this.#id, {
        subject: "Model id",
        found: "nothing",
        expected: "an id of the Hub such as openai/diffusers-cd_imagenet64_l2",
        remedy: "Write one, or take the model that is built in.",
      });
    }
    const { id, revision } = choice;
    const [variant, endpoint, token] = [given(this.#variant), given(this.#endpoint), given(this.#token)];
    return { kind: "hub", id, revision, variant, endpoint, token };
  }

  #connectPicker(button: HTMLButtonElement, input: HTMLInputElement): void {
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      if (files.length > 0) this.takeFiles(modelOfFiles(files));
      // So that choosing the same files again triggers a change.
      input.value = "";
    });
  }

  #change(): void {
    this.#show();
    this.#onChange();
  }

  #show(): void {
    const { kind } = this.choice;
    for (const [name, panel] of Object.entries(this.#panels)) panel.hidden = name !== kind;
  }
}

function given(input: HTMLInputElement): string | undefined {
  return input.value.trim() || undefined;
}
