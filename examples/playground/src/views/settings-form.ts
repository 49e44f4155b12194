import type { LoadRequest, ModelFacts, ModelOutline, ModelSource } from "../engine/messages.ts";
import { findKnownModel } from "../model/known-models.ts";
import { loadClassNames } from "../model/load-class-names.ts";
import type { LocalModel } from "../model/local-model.ts";
import { largestCount, largestSeed, type Settings } from "../settings/settings.ts";
import { formatBytes } from "../work/format.ts";
import { ClassField } from "./class-field.ts";
import { DeviceField } from "./device-field.ts";
import { findElement, findRadios } from "./find-element.ts";
import { ModelField } from "./model-field.ts";
import { StepsField } from "./steps-field.ts";
import { TextField } from "./text-field.ts";
import { WholeNumberField } from "./whole-number-field.ts";

/** What the form tells of, and asks for. */
export interface SettingsFormListeners {
  readonly onSubmit: () => void;
  /** Something is another that the images depend on. */
  readonly onChange: () => void;
  /** Another model is chosen, or more is known of it. */
  readonly onModel: () => void;
  /** What is known of a model, if it is loaded. */
  readonly factsOf: (source: ModelSource) => ModelFacts | undefined;
  /** Looks at a model of the Hub before its weights are fetched. */
  readonly inspect: (request: LoadRequest, signal: AbortSignal) => Promise<ModelOutline>;
}

/** The controls beside the picture. */
export class SettingsForm {
  readonly #form = findElement("controls", HTMLFormElement);
  readonly #classes = new ClassField({ onChoice: (label, count) => this.#chooseClass(label, count) });
  readonly #steps = new StepsField();
  readonly #text = new TextField();
  readonly #device = new DeviceField();
  readonly #outline = findElement("hub-outline", HTMLElement);
  readonly #classField = findElement("class-field", HTMLElement);
  readonly #stepsField = findElement("steps-field", HTMLElement);
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
  #inspecting: AbortController | undefined;
  #isText = false;
  #isEditing = false;

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
      listeners.onChange();
    });
    for (const id of ["seed", "count"]) {
      findElement(id, HTMLInputElement).addEventListener("input", () => {
        if (this.#seed.value !== undefined && this.#count.value !== undefined) listeners.onChange();
      });
    }
    for (const radio of findRadios("steps")) {
      radio.addEventListener("change", () => {
        if (radio.value !== "own") listeners.onChange();
      });
    }
    findElement("timesteps", HTMLInputElement).addEventListener("change", listeners.onChange);
  }

  /** Where to load the model from. @throws FieldError where none is chosen. */
  readRequest(): LoadRequest {
    return { source: this.#model.read(), device: this.#device.choice, previewId: this.#model.previewId };
  }

  /** Whether the model that ships is chosen. */
  get isShipped(): boolean {
    return this.#model.choice.kind === "shipped";
  }

  /** What is known of the chosen model, if it is loaded. */
  get facts(): ModelFacts | undefined {
    try {
      return this.#listeners.factsOf(this.#model.read());
    } catch {
      // Nothing is chosen yet, and nobody has asked for it.
      return undefined;
    }
  }

  /** The seeds, which is all that noise depends on. @throws FieldError if one of the fields cannot be used. */
  readSeeds(): Pick<Settings, "seed" | "count"> {
    return { seed: this.#seed.read(), count: this.#count.read() };
  }

  /** What is chosen, without the text. @throws FieldError where something in a field cannot be used. */
  read(): Settings {
    return {
      model: this.#model.choice,
      classLabel: this.#isText ? 0 : this.#classes.read(),
      ...(this.#isText ? { steps: 1, timesteps: undefined } : this.#steps.read()),
      ...this.readSeeds(),
    };
  }

  /** The text and what belongs to it. @throws FieldError where something in a field cannot be used. */
  readText(): ReturnType<TextField["read"]> {
    return this.#text.read();
  }

  /**
   * Checks the text as far as is possible before the model is loaded, whose defaults stand in for empty fields.
   *
   * @throws FieldError if something in a field cannot be used.
   */
  checkText(): void {
    if (!this.#isText) return;
    if (this.facts === undefined) this.#text.readPrompt();
    else this.#text.read();
  }

  /** Whether the chosen model makes images of texts, as far as is known. */
  get isText(): boolean {
    return this.#isText;
  }

  /** Shows some settings. */
  async show(settings: Settings): Promise<void> {
    this.#model.show(settings.model);
    this.#setText(settings.text !== undefined);
    this.#text.show(settings);
    await this.#showModel();
    this.#classes.show(settings.classLabel);
    if (settings.text === undefined) this.#steps.show(settings);
    this.#seed.value = settings.seed;
    this.#count.value = settings.count;
  }

  /** Shows what an edit needs of the form: not which timesteps, and an interpolation not how many images. */
  showTask(task: string): void {
    const isEditing = task !== "generate";
    const isOne = task === "interpolate" || task === "denoise";
    if (isEditing && (!this.#isEditing || isOne)) this.#count.value = 1;
    if (isEditing && this.#classes.isEach) this.#classes.show(0);
    this.#isEditing = isEditing;
    this.#stepsField.hidden = isEditing || this.#isText;
    findElement("count-field", HTMLElement).hidden = isOne;
  }

  /** Shows a class. */
  showClass(label: number): void {
    this.#classes.show(label);
  }

  /** Takes files as the model. */
  takeFiles(model: LocalModel): void {
    this.#model.takeFiles(model);
  }

  /** Shows what is known of the model now that it is loaded. */
  async showFacts(facts: ModelFacts): Promise<void> {
    this.#setText(facts.text !== undefined);
    this.#text.showFacts(facts);
    const names = await loadClassNames(facts);
    this.#classes.setClasses({ count: facts.classCount, names, isKnown: true });
    if (this.#isText) this.#classField.hidden = true;
    this.#listeners.onModel();
  }

  /** What a class is called. */
  nameOfClass(label: number | undefined): string {
    return this.#classes.nameOf(label);
  }

  /** What the files of the person are called, where they are the model. */
  get localName(): string | undefined {
    return this.#model.choice.kind === "files" ? this.#model.localName : undefined;
  }

  #chooseClass(label: Settings["classLabel"], count: number | undefined): void {
    // One of each makes a sheet; one class makes one image, at once and large.
    if (label === "each") this.#count.value = Math.min(count ?? largestCount, largestCount);
    else if (count !== undefined && this.#count.value === Math.min(count, largestCount))
      this.#count.value = 1;
    this.#listeners.onChange();
  }

  async #changeModel(): Promise<void> {
    const { choice } = this.#model;
    if (choice.kind !== "hub" || this.facts !== undefined) this.#setText(this.facts?.text !== undefined);
    void this.#inspect();
    await this.#showModel();
    if (this.#classes.isEachOfMany) {
      // One of each is for a model that is small and of few classes: another is tried with one image.
      this.#classes.show(0);
      this.#count.value = 1;
    }
    this.#listeners.onModel();
    this.#listeners.onChange();
  }

  async #inspect(): Promise<void> {
    this.#inspecting?.abort();
    this.#outline.textContent = "";
    const { choice } = this.#model;
    if (choice.kind !== "hub" || choice.id === "" || this.facts !== undefined) return;
    const inspecting = new AbortController();
    this.#inspecting = inspecting;
    try {
      this.#outline.textContent = "Looking at it…";
      const outline = await this.#listeners.inspect(this.readRequest(), inspecting.signal);
      if (inspecting.signal.aborted) return;
      this.#outline.textContent = describeOutline(outline);
      this.#setText(outline.isText);
      if (outline.isText) this.#classField.hidden = true;
      this.#listeners.onModel();
    } catch (error) {
      if (inspecting.signal.aborted) return;
      this.#outline.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #setText(isText: boolean): void {
    this.#isText = isText;
    this.#text.setVisible(isText);
    this.#stepsField.hidden = isText || this.#isEditing;
    this.#classField.hidden = isText;
  }

  async #showModel(): Promise<void> {
    const { choice } = this.#model;
    const known = findKnownModel(choice);
    this.#steps.setModel(known);
    const classes = this.facts ?? known;
    const names = await loadClassNames(classes ?? { classCount: undefined });
    if (this.#model.choice.kind !== choice.kind) return;
    this.#classes.setClasses({ count: classes?.classCount, names, isKnown: classes !== undefined });
    if (this.#isText) this.#classField.hidden = true;
  }
}

function describeOutline({ className, totalBytes, misfit }: ModelOutline): string {
  const size = totalBytes === undefined ? "" : `, ${formatBytes(totalBytes)} to download`;
  const problem =
    misfit === undefined ? "" : ` It cannot run here: ${misfit.found}, expected ${misfit.expected}.`;
  return `${className}${size}.${problem}`;
}
