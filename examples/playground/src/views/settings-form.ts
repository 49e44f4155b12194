import type {
  DeviceChoice,
  Frame,
  LoadRequest,
  ModelFacts,
  ModelOutline,
  ModelSource,
} from "../engine/messages.ts";
import { findKnownModel, type KnownModel } from "../model/known-models.ts";
import { loadClassNames } from "../model/load-class-names.ts";
import type { LocalModel } from "../model/local-model.ts";
import { largestSeed, type ModelChoice, type Settings } from "../settings/settings.ts";
import { formatBytes } from "../work/format.ts";
import { ClassField } from "./class-field.ts";
import { findElement, findRadios } from "./find-element.ts";
import { TextField } from "./text-field.ts";
import { WholeNumberField } from "./whole-number-field.ts";

/** Chooses the model. */
export interface ModelChooser {
  /** The choice, as far as a link can express it. */
  readonly choice: ModelChoice;
  /** The name of the files, if files are chosen. */
  readonly localName: string | undefined;
  /** The id of a small decoder for previews, if one is given. */
  readonly previewId: string | undefined;
  /** Shows a choice, without notifying the listener. */
  show(choice: ModelChoice): void;
  /** Takes files and chooses them. */
  takeFiles(model: LocalModel): void;
  /** The source to load the model from. @throws FieldError if nothing is chosen. */
  read(): ModelSource;
}

/** Chooses the number of steps of a model without a prompt. */
export interface StepsChooser {
  /** Shows some settings. */
  show(settings: Pick<Settings, "steps" | "timesteps">): void;
  /** Shows what is known about the model. */
  setModel(known: KnownModel | undefined, facts: ModelFacts | undefined): void;
  /** The chosen steps. @throws FieldError if they are invalid. */
  read(): Pick<Settings, "steps" | "timesteps">;
}

/** The fields that differ between the page that computes and the page of a service. */
export interface FormFields {
  /** @param onChange - Called when another model is chosen. */
  readonly makeModel: (onChange: () => void) => ModelChooser;
  readonly steps: StepsChooser;
  readonly device: { readonly choice: DeviceChoice };
  /** The largest number of images of a run. */
  readonly mostImages: number;
}

/** The listeners and data sources of the form. */
export interface SettingsFormListeners {
  readonly onSubmit: () => void;
  /** A setting that the images depend on has changed. */
  readonly onChange: () => void;
  /** Another model or size was chosen, or more is known about the current one. */
  readonly onModel: () => void;
  /** What is known about a model, if it is loaded. */
  readonly factsOf: (source: ModelSource) => ModelFacts | undefined;
  /** Inspects a Hub model before its weights are fetched. */
  readonly inspect: (request: LoadRequest, signal: AbortSignal) => Promise<ModelOutline>;
}

/** The controls next to the picture. */
export class SettingsForm {
  readonly #form = findElement("controls", HTMLFormElement);
  readonly #classes = new ClassField({ onChoice: (label, count) => this.#chooseClass(label, count) });
  readonly #text = new TextField(() => this.#listeners.onModel());
  readonly #fields: FormFields;
  readonly #outline = findElement("hub-outline", HTMLElement);
  readonly #classField = findElement("class-field", HTMLElement);
  readonly #stepsField = findElement("steps-field", HTMLElement);
  readonly #seed = new WholeNumberField(findElement("seed", HTMLInputElement), {
    name: "Seed",
    least: 0,
    most: largestSeed,
  });
  readonly #count: WholeNumberField;
  readonly #model: ModelChooser;
  readonly #listeners: SettingsFormListeners;
  #inspecting: AbortController | undefined;
  #isText = false;
  #isEditing = false;

  constructor(fields: FormFields, listeners: SettingsFormListeners) {
    this.#fields = fields;
    this.#listeners = listeners;
    this.#count = new WholeNumberField(findElement("count", HTMLInputElement), {
      name: "Images",
      least: 1,
      most: fields.mostImages,
    });
    this.#model = fields.makeModel(() => this.#changeModel());
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
    this.#stepsField.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.type === "text") listeners.onChange();
    });
  }

  /** The model to load. @throws FieldError if none is chosen. */
  readRequest(): LoadRequest {
    return {
      source: this.#model.read(),
      device: this.#fields.device.choice,
      previewId: this.#model.previewId,
    };
  }

  /** Whether the bundled model is chosen. */
  get isShipped(): boolean {
    return this.#model.choice.kind === "shipped";
  }

  /** What is known about the chosen model, if it is loaded. */
  get facts(): ModelFacts | undefined {
    try {
      return this.#listeners.factsOf(this.#model.read());
    } catch {
      // Nothing is chosen yet, and an error would be premature.
      return undefined;
    }
  }

  /** The seeds, which the noise depends on alone. @throws FieldError if a field is invalid. */
  readSeeds(): Pick<Settings, "seed" | "count"> {
    return { seed: this.#seed.read(), count: this.#count.read() };
  }

  /** The settings, without the text. @throws FieldError if a field is invalid. */
  read(): Settings {
    return {
      model: this.#model.choice,
      classLabel: this.#isText ? 0 : this.#classes.read(),
      ...(this.#isText ? { steps: 1, timesteps: undefined } : this.#fields.steps.read()),
      ...this.readSeeds(),
    };
  }

  /** The prompt and related settings. @throws FieldError if a field is invalid. */
  readText(): ReturnType<TextField["read"]> {
    return this.#text.read();
  }

  /**
   * Checks the text as far as possible before the model is loaded; its defaults will fill empty fields.
   *
   * @throws FieldError if a field is invalid.
   */
  checkText(): void {
    if (!this.#isText) return;
    if (this.facts === undefined) this.#text.readPrompt();
    else this.#text.read();
  }

  /** Whether the chosen model generates images from text, as far as is known. */
  get isText(): boolean {
    return this.#isText;
  }

  /** The size of the images of a text-to-image model; `undefined` if it is invalid. */
  get textSize(): Pick<Frame, "width" | "height"> | undefined {
    return this.#text.size;
  }

  /** Shows some settings. */
  async show(settings: Settings): Promise<void> {
    this.#model.show(settings.model);
    this.#setText(settings.text !== undefined || this.facts?.text !== undefined);
    if (this.facts !== undefined) this.#text.showFacts(this.facts);
    this.#text.show(settings);
    await this.#showModel();
    this.#classes.show(settings.classLabel);
    if (settings.text === undefined) this.#fields.steps.show(settings);
    this.#seed.value = settings.seed;
    this.#count.value = settings.count;
  }

  /** Shows the fields that an edit needs: edits hide timesteps, and interpolation also hides the number of images. */
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

  /** Marks the field that an error is about, and moves the focus there. */
  markField(param: string | undefined): void {
    const candidates = (fieldsOfParams[param ?? ""] ?? []).map((id) => document.getElementById(id));
    const field = candidates.find((element) => element?.checkVisibility());
    field?.setAttribute("aria-invalid", "true");
    field?.addEventListener("input", () => field.setAttribute("aria-invalid", "false"), { once: true });
    field?.focus();
  }

  /** Uses files as the model. */
  takeFiles(model: LocalModel): void {
    this.#model.takeFiles(model);
  }

  /** Shows what is known about the model after loading. */
  async showFacts(facts: ModelFacts): Promise<void> {
    this.#setText(facts.text !== undefined);
    this.#text.showFacts(facts);
    const names = await loadClassNames(facts);
    this.#classes.setClasses({ count: facts.classCount, names, isKnown: true });
    if (this.#isText) this.#classField.hidden = true;
    this.#listeners.onModel();
  }

  /** The name of a class. */
  nameOfClass(label: number | undefined): string {
    return this.#classes.nameOf(label);
  }

  /** The name of the user's files, if they are the model. */
  get localName(): string | undefined {
    return this.#model.choice.kind === "files" ? this.#model.localName : undefined;
  }

  #chooseClass(label: Settings["classLabel"], count: number | undefined): void {
    const { mostImages } = this.#fields;
    // One of each makes a sheet; a single class makes one image, at once and large.
    if (label === "each") this.#count.value = Math.min(count ?? mostImages, mostImages);
    else if (count !== undefined && this.#count.value === Math.min(count, mostImages)) this.#count.value = 1;
    this.#listeners.onChange();
  }

  async #changeModel(): Promise<void> {
    const { choice } = this.#model;
    if (choice.kind !== "hub" || this.facts !== undefined) this.#setText(this.facts?.text !== undefined);
    if (this.facts !== undefined) this.#text.showFacts(this.facts);
    void this.#inspect();
    await this.#showModel();
    if (this.#classes.isEachOfMany) {
      // One of each suits only small models with few classes; others are tried with one image.
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
    this.#fields.steps.setModel(known, this.facts);
    const classes = this.facts ?? known;
    const names = await loadClassNames(classes ?? { classCount: undefined });
    if (this.#model.choice.kind !== choice.kind) return;
    this.#classes.setClasses({ count: classes?.classCount, names, isKnown: classes !== undefined });
    if (this.#isText) this.#classField.hidden = true;
  }
}

/** The fields for the parameters of the HTTP API. */
const fieldsOfParams: Readonly<Record<string, readonly string[]>> = {
  model: ["served-model"],
  prompt: ["prompt"],
  negative_prompt: ["negative"],
  guidance_scale: ["guidance"],
  num_inference_steps: ["text-steps", "steps-count"],
  size: ["width"],
  seed: ["seed"],
  n: ["count"],
  class_labels: ["class-text"],
  image: ["choose-picture"],
  mask: ["choose-picture"],
  strength: ["strength-range"],
};

function describeOutline({ className, totalBytes, misfit }: ModelOutline): string {
  const size = totalBytes === undefined ? "" : `, ${formatBytes(totalBytes)} to download`;
  const problem =
    misfit === undefined ? "" : ` It cannot run here: ${misfit.found}, expected ${misfit.expected}.`;
  return `${className}${size}.${problem}`;
}
