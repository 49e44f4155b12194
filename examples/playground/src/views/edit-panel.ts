import type { Edit, Frame, InterpolationEnds, ModelFacts, StartPicture } from "../engine/messages.ts";
import { largestSeed } from "../settings/settings.ts";
import { averageBlocks, greyOf, readPicture } from "../work/pictures.ts";
import type { EditOrder } from "../work/studio.ts";
import { BrushBar } from "./brush-bar.ts";
import { drawFrame } from "./draw-frame.ts";
import { allEdits, hints, names, showTasks, type Task } from "./edit-tasks.ts";
import { FieldError } from "./field-error.ts";
import { chooseRadio, chosenRadio, findElement, findRadios } from "./find-element.ts";
import { WholeNumberField } from "./whole-number-field.ts";

type Size = Pick<Frame, "width" | "height">;

/** What the panel has to know about the model. */
export interface EditedModel {
  readonly isText: boolean;
  /** The size of its images; `undefined` if unknown. */
  readonly size: Size | undefined;
  readonly facts: ModelFacts | undefined;
}

/** The listeners and data sources of the panel. */
export interface EditPanelListeners {
  /** The picture, the strokes or a parameter has changed. */
  readonly onChange: () => void;
  readonly onTask: (task: Task) => void;
  readonly onFailure: (error: unknown) => void;
  readonly onSay: (text: string) => void;
  /** Fits a picture to a size. */
  readonly fit: (picture: Frame, size: Size) => Promise<Frame>;
  /** Pictures generated here, to start from. */
  readonly made: () => readonly Frame[];
}

/** The number of frames of an interpolation, including both ends. */
const interpolationFrames = 9;

/** The input picture, the painting on it, and the edit settings. */
export class EditPanel {
  readonly #listeners: EditPanelListeners;
  readonly #brush: BrushBar;
  readonly #bench = findElement("bench", HTMLElement);
  readonly #editor = findElement("editor", HTMLElement);
  readonly #before = findElement("before", HTMLCanvasElement);
  readonly #beforeSecond = findElement("before-second", HTMLCanvasElement);
  readonly #empty = findElement("no-picture", HTMLElement);
  readonly #field = findElement("picture-field", HTMLElement);
  readonly #legend = findElement("picture-legend", HTMLElement);
  readonly #hint = findElement("picture-hint", HTMLElement);
  readonly #choose = findElement("choose-picture", HTMLButtonElement);
  readonly #chooseSecond = findElement("choose-second", HTMLButtonElement);
  readonly #remove = findElement("remove-picture", HTMLButtonElement);
  readonly #input = findElement("picture-input", HTMLInputElement);
  readonly #ways = findElement("picture-ways", HTMLElement);
  readonly #secondSeed = new WholeNumberField(findElement("second-seed", HTMLInputElement), {
    name: "Second seed",
    least: 0,
    most: largestSeed,
  });
  #size: Size = { width: 32, height: 32 };
  #isText = false;
  /** The edits that the model can make; all, as long as nothing is known about it. */
  #edits: readonly Edit["kind"][] = allEdits;
  /** Whether a text-to-image model can start from a picture. */
  #takesPicture = true;
  #picture: Frame | undefined;
  #second: Frame | undefined;
  /** Whether the user chose the picture; otherwise it is the last generated one. */
  #isChosen = false;
  #choosesSecond = false;
  /** The name of the last file taken. */
  #fileName: string | undefined;

  constructor(listeners: EditPanelListeners) {
    this.#listeners = listeners;
    this.#brush = new BrushBar({ onChange: listeners.onChange, onSay: listeners.onSay });
    for (const radio of findRadios("task")) {
      radio.addEventListener("change", () => this.#changeTask());
    }
    this.#choose.addEventListener("click", () => this.#openPicker(false));
    this.#chooseSecond.addEventListener("click", () => this.#openPicker(true));
    this.#remove.addEventListener("click", () => {
      this.#picture = undefined;
      this.#isChosen = false;
      this.#fileName = undefined;
      this.#choose.focus();
      void this.#refresh();
    });
    this.#input.addEventListener("change", () => {
      const [file] = this.#input.files ?? [];
      if (file !== undefined) void this.takeFile(file);
      this.#input.value = "";
    });
    for (const id of ["strength-range", "sigma-range", "second-seed"]) {
      findElement(id, HTMLInputElement).addEventListener("input", () => {
        this.#showValues();
        listeners.onChange();
      });
    }
    findElement("noise-first-box", HTMLInputElement).addEventListener("change", listeners.onChange);
    for (const radio of findRadios("effort")) radio.addEventListener("change", listeners.onChange);
    for (const name of ["factor", "ends"]) {
      for (const radio of findRadios(name)) radio.addEventListener("change", () => void this.#refresh());
    }
    addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (file === undefined) return;
      event.preventDefault();
      void this.takeFile(file);
    });
    this.#showValues();
    this.#show();
  }

  /** The chosen task. */
  get task(): Task {
    const chosen = chosenRadio("task") as Task | undefined;
    return chosen !== undefined && chosen !== "generate" && this.#edits.includes(chosen)
      ? chosen
      : "generate";
  }

  /** Takes a picture file. If no edit is chosen yet, chooses inpainting, or another one that the model can make. */
  async takeFile(file: Blob): Promise<void> {
    try {
      if (this.#edits.length === 0 && !(this.#isText && this.#takesPicture)) {
        throw new Error(
          "This model makes pictures from nothing else than its settings. Choose another model.",
        );
      }
      const picture = await readPicture(file);
      if (this.#choosesSecond) this.#second = picture;
      else this.#picture = picture;
      this.#isChosen = true;
      this.#choosesSecond = false;
      this.#fileName = file instanceof File ? file.name : undefined;
      if (this.task === "interpolate") chooseRadio("ends", "images");
      await this.#startEditing();
    } catch (error) {
      this.#listeners.onFailure(error);
    }
  }

  /** Takes a picture that was generated here. */
  async takeMade(frame: Frame): Promise<void> {
    this.#picture = frame;
    this.#isChosen = true;
    this.#fileName = undefined;
    await this.#startEditing();
  }

  /** Shows a task without notifying the listeners. */
  showTask(task: Task): void {
    chooseRadio("task", task);
    this.#show();
  }

  /** Sets what the model can do, and the size of its images. */
  setModel({ isText, size = this.#size, facts }: EditedModel): void {
    const edits = facts?.edits ?? (isText ? [] : allEdits);
    const takesPicture = facts?.text?.takesPicture ?? true;
    const isSame =
      isText === this.#isText &&
      takesPicture === this.#takesPicture &&
      edits.join() === this.#edits.join() &&
      isSameSize(size, this.#size);
    if (isSame) return;
    this.#isText = isText;
    this.#edits = edits;
    this.#takesPicture = takesPicture;
    this.#size = { width: size.width, height: size.height };
    if (this.task === "generate") chooseRadio("task", "generate");
    void this.#refresh(false);
  }

  /** Whether the chosen edit has everything it needs. */
  get isReady(): boolean {
    const { surface } = this.#brush;
    switch (this.task) {
      case "generate":
        return true;
      case "inpaint":
        return this.#picture !== undefined && !surface.isEmpty;
      case "strokes":
        return this.#isChosen || !surface.isEmpty;
      case "interpolate":
        return this.#ends === "seeds"
          ? this.#secondSeed.value !== undefined
          : this.#picture !== undefined && this.#second !== undefined;
      default:
        return this.#picture !== undefined;
    }
  }

  /**
   * The chosen edit; `undefined` for none.
   *
   * @param seed - The first seed.
   * @throws FieldError if something is missing.
   */
  readOrder(seed: number): EditOrder | undefined {
    const { task } = this;
    if (task === "generate") return undefined;
    this.#requireReady(task);
    // The picture and its mask are what a text-to-image model starts from.
    if (this.#isText) return undefined;
    const steps = Number(chosenRadio("effort") ?? 10);
    return { prepare: (size) => this.#prepare(task, size, seed), steps };
  }

  /** The picture that a text-to-image model starts from, in the given size; `undefined` for none. */
  async readStart(size: Size): Promise<StartPicture | undefined> {
    if (!this.#isText || this.#picture === undefined) return undefined;
    const image = await this.#listeners.fit(this.#picture, size);
    if (this.task === "inpaint") {
      return { image, mask: this.#brush.surface.readMask(size), strength: undefined };
    }
    if (!this.#takesPicture) return undefined;
    return { image, mask: undefined, strength: readRange("strength-range") };
  }

  /** Shows the actual input of a run: the picture with its noise. */
  showStart(frame: Frame): void {
    drawFrame(this.#before, frame);
  }

  async #startEditing(): Promise<void> {
    const [first] = this.#edits;
    const starts = this.#isText && this.#takesPicture;
    if (this.task === "generate" && !starts && first !== undefined) {
      chooseRadio("task", first);
      this.#listeners.onTask(first);
    }
    await this.#refresh();
  }

  #changeTask(): void {
    this.#takeLastMade();
    this.#listeners.onTask(this.task);
    void this.#refresh();
  }

  /** Starts with the last generated picture instead of an empty frame. */
  #takeLastMade(): void {
    const [first, second] = this.#listeners.made();
    if (!this.#isChosen || this.#picture === undefined) this.#picture = first ?? this.#picture;
    this.#second ??= second ?? first;
  }

  get #ends(): string {
    return chosenRadio("ends") ?? "seeds";
  }

  /** @param tells - Whether the user caused it, so that listeners are notified. */
  async #refresh(tells = true): Promise<void> {
    this.#show();
    const { task } = this;
    const size = this.#size;
    const shown = task === "strokes" && !this.#isChosen ? undefined : this.#picture;
    const needsSecond = task === "interpolate" && this.#second !== undefined;
    const [picture, second] = await Promise.all([
      shown && this.#listeners.fit(shown, size),
      needsSecond && this.#second ? this.#listeners.fit(this.#second, size) : undefined,
    ]);
    // Something newer was chosen in the meantime.
    if (task !== this.task || size !== this.#size) return;
    if (task === "inpaint" && picture !== undefined) this.#brush.surface.begin("mask", size, picture);
    else if (task === "strokes") this.#brush.surface.begin("strokes", size, picture);
    else if (picture !== undefined) drawFrame(this.#before, showBefore(task, picture));
    if (second !== undefined) drawFrame(this.#beforeSecond, second);
    this.#ways.textContent =
      this.#fileName === undefined
        ? "Or drop one on the page, or paste it."
        : `${this.#fileName}, fitted to ${size.width} × ${size.height}.`;
    if (tells) this.#listeners.onChange();
  }

  #show(): void {
    const { task } = this;
    const isEdit = task !== "generate";
    const usesSeeds = task === "interpolate" && this.#ends === "seeds";
    const hasPicture = this.#picture !== undefined;
    const paints = task === "strokes" || (task === "inpaint" && hasPicture);
    const starts = this.#isText && !isEdit && this.#takesPicture;
    showTasks(this.#edits);
    this.#bench.dataset["task"] = starts && hasPicture ? "start" : task;
    this.#editor.hidden = starts ? !hasPicture : !isEdit || usesSeeds;
    this.#brush.show(paints ? (task === "strokes" ? "strokes" : "mask") : undefined);
    this.#before.hidden = paints || !hasPicture;
    this.#beforeSecond.hidden = task !== "interpolate" || this.#second === undefined;
    this.#empty.hidden = hasPicture || paints;
    this.#field.hidden = !isEdit && !starts;
    this.#legend.textContent = isEdit ? names[task] : "Start from a picture";
    this.#hint.textContent = isEdit ? hints[task] : "Optional. The model changes it as the prompt says.";
    this.#chooseSecond.hidden = task !== "interpolate";
    this.#choose.textContent = task === "interpolate" ? "Choose the first" : "Choose a picture";
    this.#remove.hidden = !hasPicture || !(starts || (task === "strokes" && this.#isChosen));
    const parts = {
      ends: task === "interpolate",
      factor: task === "upscale",
      strength: task === "strokes" || (starts && hasPicture),
      sigma: task === "denoise",
      "noise-first": task === "denoise",
      "second-seed-field": usesSeeds,
      effort: !this.#isText && ["inpaint", "strokes", "colorize", "upscale"].includes(task),
      "picture-buttons": !usesSeeds,
      "picture-ways": !usesSeeds,
    };
    for (const [id, isShown] of Object.entries(parts)) findElement(id, HTMLElement).hidden = !isShown;
  }

  #showValues(): void {
    for (const name of ["strength", "sigma"]) {
      findElement(`${name}-value`, HTMLOutputElement).value = readRange(`${name}-range`).toFixed(2);
    }
  }

  async #prepare(task: Exclude<Task, "generate">, size: Size, seed: number): Promise<Edit> {
    const toSize = async (picture: Frame | undefined): Promise<Frame> =>
      this.#listeners.fit(picture ?? this.#brush.surface.readPicture(), size);
    const strength = readRange("strength-range");
    switch (task) {
      case "inpaint":
        return { kind: task, image: await toSize(this.#picture), mask: this.#brush.surface.readMask(size) };
      case "strokes":
        return { kind: task, image: await toSize(this.#brush.surface.readPicture()), strength };
      case "colorize":
        return { kind: task, image: greyOf(await toSize(this.#picture)) };
      case "upscale": {
        const factor = Number(chosenRadio("factor") ?? 4);
        return { kind: task, image: averageBlocks(await toSize(this.#picture), factor), factor };
      }
      case "denoise": {
        const addsNoise = findElement("noise-first-box", HTMLInputElement).checked;
        const noiseSeed = addsNoise ? seed : undefined;
        return { kind: task, image: await toSize(this.#picture), sigma: readRange("sigma-range"), noiseSeed };
      }
      case "interpolate": {
        const ends: InterpolationEnds =
          this.#ends === "seeds"
            ? { seeds: [seed, this.#secondSeed.read()] }
            : { images: [await toSize(this.#picture), await toSize(this.#second)] };
        return { kind: task, ends, frames: interpolationFrames };
      }
    }
  }

  #requireReady(task: Exclude<Task, "generate">): void {
    if (this.isReady) return;
    if (task === "interpolate" && this.#ends === "seeds") this.#secondSeed.read();
    const needsBrush = task === "strokes" || (task === "inpaint" && this.#picture !== undefined);
    throw new FieldError(needsBrush ? findElement("paint", HTMLCanvasElement) : this.#choose, {
      subject: names[task],
      found: needsBrush ? "nothing painted" : "no picture",
      expected:
        task === "inpaint" && needsBrush ? "the area to repaint" : needsBrush ? "a few strokes" : "a picture",
      remedy: needsBrush ? "Paint on the picture." : "Choose one, drop it on the page, or paste it.",
    });
  }

  #openPicker(isSecond: boolean): void {
    this.#choosesSecond = isSecond;
    this.#input.click();
  }
}

/** A picture as the edit receives it. */
function showBefore(task: Task, picture: Frame): Frame {
  if (task === "colorize") return greyOf(picture);
  if (task === "upscale") return averageBlocks(picture, Number(chosenRadio("factor") ?? 4));
  return picture;
}

function readRange(id: string): number {
  return Number(findElement(id, HTMLInputElement).value);
}

function isSameSize(left: Size, right: Size): boolean {
  return left.width === right.width && left.height === right.height;
}
