import type { ModelFacts, ModelSource } from "../engine/messages.ts";
import { findKnownModel } from "../model/known-models.ts";
import { loadClassNames } from "../model/load-class-names.ts";
import type { LocalModel } from "../model/local-model.ts";
import { largestCount, largestSeed, type Settings } from "../settings/settings.ts";
import { ClassField } from "./class-field.ts";
import { DeviceField } from "./device-field.ts";
import { findElement } from "./find-element.ts";
import { ModelField } from "./model-field.ts";
import { StepsField } from "./steps-field.ts";
import { WholeNumberField } from "./whole-number-field.ts";

/** What the form tells of. */
export interface SettingsFormListeners {
  readonly onSubmit: () => void;
  /** The seed or the number of images is another: so is the noise. */
  readonly onNoise: () => void;
  /** What is known of a model, if it is loaded. */
  readonly factsOf: (source: ModelSource) => ModelFacts | undefined;
}

/** The controls beside the picture. */
export class SettingsForm {
  readonly #form = findElement("controls", HTMLFormElement);
  readonly #classes = new ClassField((count) => {
    if (this.#count.value !== 1) return;
    this.#count.value = Math.min(count, largestCount);
    this.#listeners.onNoise();
  });
  readonly #steps = new StepsField();
  readonly #device = new DeviceField();
  readonly #seed = new WholeNumberField(findElement("seed", HTMLInputElement), {
    name: "Seed",
    least: 0,
    most: largestSeed,
  });
  readonly #count = new WholeNumberField(findElement("count", HTMLInputElement), {
    name: "Images",
    least: 1,
    most: largestCount,
  });
  readonly #model: ModelField;
  readonly #listeners: SettingsFormListeners;

  constructor(listeners: SettingsFormListeners) {
    this.#listeners = listeners;
    this.#model = new ModelField(() => this.#changeModel());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      listeners.onSubmit();
    });
    const connect = (id: string, act: () => void): void => {
      findElement(id, HTMLButtonElement).addEventListener("click", act);
    };
    connect("fewer", () => this.#count.add(-1));
    connect("more", () => this.#count.add(1));
    connect("dice", () => {
      this.#seed.value = crypto.getRandomValues(new Uint32Array(1))[0];
      listeners.onNoise();
    });
    for (const id of ["seed", "count"]) {
      findElement(id, HTMLInputElement).addEventListener("input", () => {
        if (this.#seed.value !== undefined && this.#count.value !== undefined) listeners.onNoise();
      });
    }
  }

  /** Where to load the model from. @throws FieldError where none is chosen. */
  readSource(): ModelSource {
    return this.#model.read();
  }

  /** The seeds, which is all that noise depends on. @throws FieldError where they are none. */
  readSeeds(): Pick<Settings, "seed" | "count"> {
    return { seed: this.#seed.read(), count: this.#count.read() };
  }

  /** What is chosen. @throws FieldError where something in a field cannot be used. */
  read(): Settings {
    return {
      model: this.#model.choice,
      classLabel: this.#classes.read(),
      ...this.#steps.read(),
      ...this.readSeeds(),
    };
  }

  /** Shows some settings. */
  async show(settings: Settings): Promise<void> {
    this.#model.show(settings.model);
    await this.#showModel();
    this.#classes.show(settings.classLabel);
    this.#steps.show(settings);
    this.#seed.value = settings.seed;
    this.#count.value = settings.count;
  }

  /** Takes files as the model. */
  takeFiles(model: LocalModel): void {
    this.#model.takeFiles(model);
  }

  /** Shows what is known of the model now that it is loaded. */
  async showFacts(facts: ModelFacts): Promise<void> {
    const names = await loadClassNames(facts);
    this.#classes.setClasses({ count: facts.classCount, names, isKnown: true });
  }

  /** What a class is called. */
  nameOfClass(label: number | undefined): string {
    return this.#classes.nameOf(label);
  }

  /** What the files of the person are called, where they are the model. */
  get localName(): string | undefined {
    return this.#model.choice.kind === "files" ? this.#model.localName : undefined;
  }

  /** Where the model is to run. */
  get device(): DeviceField["choice"] {
    return this.#device.choice;
  }

  async #changeModel(): Promise<void> {
    await this.#showModel();
    if (!this.#classes.isEachOfMany) return;
    // One of each is for a model that is small and of few classes: another is tried with one image.
    this.#classes.show(0);
    this.#count.value = 1;
    this.#listeners.onNoise();
  }

  async #showModel(): Promise<void> {
    const { choice } = this.#model;
    const known = findKnownModel(choice);
    this.#steps.setModel(known);
    const facts = this.#tryFacts();
    const classes = facts ?? known;
    const names = await loadClassNames(classes ?? { classCount: undefined });
    if (this.#model.choice.kind !== choice.kind) return;
    this.#classes.setClasses({ count: classes?.classCount, names, isKnown: classes !== undefined });
  }

  #tryFacts(): ModelFacts | undefined {
    try {
      return this.#listeners.factsOf(this.#model.read());
    } catch {
      // Nothing is chosen yet, and nobody has asked for it.
      return undefined;
    }
  }
}
