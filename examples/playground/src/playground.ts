import { EngineError } from "./engine/engine.ts";
import type { EngineEvent } from "./engine/messages.ts";
import type { PlaygroundParts } from "./playground-parts.ts";
import { type Settings, seedsOf } from "./settings/settings.ts";
import { formatSettings, parseSettings } from "./settings/settings-link.ts";
import { Announcer } from "./views/announcer.ts";
import { copyText } from "./views/copy-text.ts";
import { DropTarget } from "./views/drop-target.ts";
import { EditPanel } from "./views/edit-panel.ts";
import type { Task } from "./views/edit-tasks.ts";
import { EnlargedView } from "./views/enlarged-view.ts";
import { FailureView } from "./views/failure-view.ts";
import { FieldError } from "./views/field-error.ts";
import { findElement } from "./views/find-element.ts";
import { Gallery } from "./views/gallery.ts";
import { LabelView } from "./views/label-view.ts";
import { ProgressView } from "./views/progress-view.ts";
import { saveFile } from "./views/save-file.ts";
import { SettingsForm } from "./views/settings-form.ts";
import { Stage } from "./views/stage.ts";
import { describeSpeed } from "./work/describe-speed.ts";
import { fileNameOf, type Made } from "./work/made.ts";
import { type Delivery, Studio } from "./work/studio.ts";

/** How long a choice must stay unchanged before an image is generated from it, in milliseconds. */
const settleTime = 180;

/** If a step takes longer than this per image, in milliseconds, images are generated only on request. */
const longestInstant = 1000;

/** Why an order was cancelled: a newer one replaced it. */
const superseded = new DOMException("A newer choice was made.", "AbortError");

/** The page: passes user input to the studio, and its results to the views. */
export class Playground {
  readonly #parts: PlaygroundParts;
  readonly #studio: Studio;
  readonly #announcer = new Announcer();
  readonly #failure = new FailureView();
  readonly #progress = new ProgressView((text) => this.#announcer.say(text));
  readonly #label = new LabelView();
  readonly #form: SettingsForm;
  readonly #panel: EditPanel;
  readonly #gallery = new Gallery((made) => this.#enlarged.open(this.#gallery.images, made));
  readonly #stage = new Stage(
    (index) => this.#openCurrent(index),
    (stop) => this.#showStop(stop),
  );
  readonly #enlarged: EnlargedView;
  readonly #generate = findElement("generate", HTMLButtonElement);
  readonly #cancel = findElement("cancel", HTMLButtonElement);
  readonly #way = findElement("way", HTMLElement);
  readonly #wayRange = findElement("way-range", HTMLInputElement);
  #current: readonly Made[] = [];
  #running: AbortController | undefined;
  /** Settles when the previous run has ended, in whatever way. */
  #before: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How long the last run took per step and image, in milliseconds. */
  #pace = 0;
  #noiseAsked = 0;

  constructor(parts: PlaygroundParts) {
    this.#parts = parts;
    this.#studio = new Studio(parts.engine);
    this.#form = new SettingsForm(parts.fields, {
      onSubmit: () => this.#run(),
      onChange: () => this.#change(),
      onModel: () => this.#showModel(),
      factsOf: (source) => this.#studio.factsOf(source),
      inspect: (request, signal) => this.#studio.inspect(request, signal),
    });
    this.#panel = new EditPanel({
      onChange: () => this.#change(),
      onTask: (task) => this.#showTask(task),
      onFailure: (error) => this.#failure.show(error),
      onSay: (text) => this.#announcer.say(text),
      fit: (picture, size) => this.#studio.fit(picture, size),
      made: () => [...this.#current, ...this.#gallery.images].map(({ frame }) => frame),
    });
    const copyLink = findElement("enlarged-link", HTMLButtonElement);
    this.#enlarged = new EnlargedView({
      download: (made) => saveFile(made.url, fileNameOf(made)),
      copyLink: (made) => copyText(copyLink, linkTo(made.settings)),
      edit: (made) => this.#edit(made),
      useSettings: ({ settings }) => this.#useSettings(settings),
    });
    this.#connectButtons();
    new DropTarget(
      (model) => this.#form.takeFiles(model),
      (file) => void this.#panel.takeFile(file),
      (error) => this.#failure.show(error),
    );
  }

  /** Shows what the URL requests, or the page's initial state. */
  async open(): Promise<void> {
    addEventListener("hashchange", () => {
      // A link to an anchor on the page does not change settings.
      if (parseSettings(location.hash, this.#parts.mostSteps) !== undefined) void this.#openLink();
    });
    await Promise.all([this.#openLink(), this.#showOffline()]);
  }

  async #openLink(): Promise<void> {
    const { mostSteps, initial, engine } = this.#parts;
    const parsed = parseSettings(location.hash, mostSteps);
    const settings = parsed?.settings ?? initial;
    // The page of a service opens with no picture.
    if (parsed !== undefined || !engine.isLocal) this.#stage.release();
    await this.#form.show(settings);
    if (this.#form.facts !== undefined) this.#showModel();
    if (settings.text !== undefined || !engine.isLocal) this.#label.showWaiting(engine.isLocal);
    else if (parsed !== undefined) await this.#showNoise();
    if (parsed !== undefined && parsed.faults.length > 0) {
      this.#failure.show(
        new Error(`The link has something that cannot be used: ${parsed.faults.join(", ")}.`),
      );
    } else if (settings.model.kind === "shipped" && (parsed !== undefined || !savesData())) {
      // Opening a link generates its image. A Hub model may take gigabytes, so it waits for a click.
      await this.#run();
    }
  }

  #connectButtons(): void {
    this.#cancel.addEventListener("click", () => this.#stop());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.querySelector("dialog[open]") === null) this.#stop();
    });
    findElement("download", HTMLButtonElement).addEventListener("click", () => {
      this.#download();
    });
    findElement("edit-this", HTMLButtonElement).addEventListener("click", () => {
      const made = this.#current[this.#isWay ? Number(this.#wayRange.value) : 0];
      if (made !== undefined) void this.#edit(made);
    });
    const copyLink = findElement("copy-link", HTMLButtonElement);
    copyLink.addEventListener("click", () => copyText(copyLink, location.href));
    this.#wayRange.addEventListener("input", () => this.#stage.showStop(Number(this.#wayRange.value)));
  }

  #stop(): void {
    this.#clearTimer();
    this.#studio.cancelLoading();
    this.#running?.abort();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stage.setBusy(this.#running !== undefined);
  }

  /** Handles a changed setting: generates an image at once if that is quick. */
  #change(): void {
    this.#clearTimer();
    const { isShipped, facts } = this.#form;
    if (!this.#parts.engine.isLocal) return;
    const isQuick = isShipped || (facts !== undefined && this.#pace < longestInstant);
    if (this.#form.isText || !isQuick || !this.#panel.isReady) return;
    this.#running?.abort(superseded);
    this.#timer = setTimeout(() => this.#run(), settleTime);
    this.#stage.setBusy(true);
  }

  /** Generates with the current settings. Cancels a run in progress. */
  async #run(): Promise<void> {
    this.#clearTimer();
    this.#running?.abort(superseded);
    this.#failure.clear();
    // Announcements about the previous images must not be mistaken for these.
    this.#announcer.say("");
    const running = new AbortController();
    this.#setRunning(running);
    const run = this.#before.then(async () => {
      if (!running.signal.aborted) await this.#make(running.signal);
      if (this.#running === running) this.#setRunning(undefined);
    });
    this.#before = run;
    await run;
  }

  async #make(signal: AbortSignal): Promise<void> {
    let hasBegun = false;
    try {
      const settings = this.#form.read();
      this.#form.checkText();
      const edit = this.#panel.readOrder(settings.seed);
      const request = this.#form.readRequest();
      await this.#parts.offline?.isReady;
      signal.throwIfAborted();
      const delivery = await this.#studio.make(
        {
          ...request,
          settings,
          edit,
          readText: () => this.#form.readText(),
          readStart: (size) => this.#panel.readStart(size),
        },
        {
          signal,
          onEvent: (event) => this.#receive(event),
          onLoading: () => this.#progress.start("Getting the model ready"),
          onModel: (facts) => this.#form.showFacts(facts),
          onBegin: (noise) => {
            hasBegun = true;
            this.#progress.start("Making images");
            if (noise.length > 0) this.#label.showNoise(settings.seed, settings.count);
            this.#stage.begin(noise);
          },
        },
      );
      signal.throwIfAborted();
      const { images, milliseconds, stepMilliseconds } = delivery.reply;
      this.#pace = milliseconds / Math.max(1, images.length * stepMilliseconds.length);
      await this.#show(delivery, edit?.steps ?? delivery.settings.steps);
      await this.#showOffline();
    } catch (error) {
      if (signal.reason === superseded) return;
      if (hasBegun) await this.#stage.reset();
      if (signal.aborted || isAbort(error)) this.#announcer.say("Cancelled");
      else this.#failure.show(error);
      if (error instanceof FieldError) error.field.focus();
      if (error instanceof EngineError) this.#form.markField(error.failure.param);
    }
  }

  #receive(event: EngineEvent): void {
    this.#progress.receive(event);
    if (event.type !== "frames") return;
    const [frame] = event.frames;
    // The noisy picture: what the model actually sees.
    if (event.step === 0 && frame !== undefined) this.#panel.showStart(frame);
    else this.#stage.addStep(event);
  }

  async #show({ settings, facts, classLabels, reply, edit }: Delivery, editSteps: number): Promise<void> {
    const speed = describeSpeed(facts, reply);
    const { localName } = this.#form;
    const seeds = seedsOf(settings);
    const isWay = edit?.kind === "interpolate";
    const steps =
      edit === undefined ? settings.steps : Math.max(1, reply.stepMilliseconds.length || editSteps);
    const timesteps = edit === undefined ? settings.timesteps : undefined;
    this.#current = reply.images.map(({ frame, png }, index) => {
      const classLabel = classLabels?.[isWay ? 0 : index];
      const seed = isWay ? settings.seed : (seeds[index] ?? settings.seed);
      return {
        name: settings.text?.prompt ?? this.#form.nameOfClass(classLabel),
        settings: { ...settings, steps, timesteps, seed, count: 1, classLabel: classLabel ?? 0 },
        localName,
        classLabel,
        width: frame.width,
        frame,
        edit: edit?.kind,
        url: URL.createObjectURL(png),
        speed,
      };
    });
    const names = this.#current.map(({ name, settings: own }) => `${name}, seed ${own.seed}`);
    const frames = reply.images.map(({ frame }) => frame);
    this.#way.hidden = !isWay;
    if (isWay) {
      const last = frames.length - 1;
      const stops = frames.map((frame, index) => ({
        label: `${Math.round((100 * index) / last)} %`,
        frames: [frame],
      }));
      this.#wayRange.max = String(last);
      await this.#stage.finishWay(stops, Math.min(Number(this.#wayRange.value), last), names[0] ?? "");
    } else {
      await this.#stage.finish(frames, names);
    }
    // Of an interpolation, only the middle is kept: all frames would crowd out everything else.
    const kept = isWay ? this.#current.slice(Math.floor(frames.length / 2)).slice(0, 1) : this.#current;
    this.#gallery.add(kept);
    this.#label.showImages(isWay ? kept : this.#current);
    const options = { classLabels, id2label: facts.id2label, localName };
    if (edit === undefined) {
      this.#parts.programs?.show(settings, options);
      history.replaceState(null, "", `#${formatSettings(settings)}`);
    } else {
      this.#parts.programs?.showEdit(edit, settings, { ...options, steps: editSteps });
    }
    const made = isWay
      ? `${names.length} pictures on the way`
      : names.length > 3
        ? `${names.length} images`
        : names.join("; ");
    this.#announcer.say(`Done: ${made}. ${speed}`);
  }

  async #edit({ frame, classLabel }: Made): Promise<void> {
    if (classLabel !== undefined) this.#form.showClass(classLabel);
    await this.#panel.takeMade(frame);
    const choice = document.querySelector<HTMLInputElement>('input[name="task"]:checked');
    choice?.focus();
  }

  async #useSettings(settings: Settings): Promise<void> {
    this.#panel.showTask("generate");
    this.#showTask("generate");
    await this.#form.show(settings);
    this.#generate.focus();
    this.#change();
  }

  #showTask(task: Task): void {
    this.#form.showTask(task);
    this.#way.hidden = task !== "interpolate" || !this.#isWay;
    if (task === "generate") this.#change();
  }

  #showModel(): void {
    const { facts, isText } = this.#form;
    this.#panel.setModel({ isText, size: isText ? this.#form.textSize : facts, facts });
    if (this.#panel.task === "generate") this.#form.showTask("generate");
  }

  #showStop(stop: number): void {
    if (this.#isWay) this.#wayRange.value = String(stop);
  }

  get #isWay(): boolean {
    return this.#current[0]?.edit === "interpolate";
  }

  async #showNoise(): Promise<void> {
    if (this.#running !== undefined) return;
    this.#noiseAsked += 1;
    const asked = this.#noiseAsked;
    const seeds = this.#form.readSeeds();
    const frames = await this.#studio.drawNoise(seeds);
    // Something newer is on the stage, or being generated.
    if (asked !== this.#noiseAsked || this.#running !== undefined) return;
    this.#stage.release();
    this.#stage.begin(frames);
    this.#label.showNoise(seeds.seed, seeds.count);
  }

  async #showOffline(): Promise<void> {
    const { offline } = this.#parts;
    if (offline !== undefined) findElement("badge-offline", HTMLElement).hidden = !(await offline.isKept());
  }

  async #download(): Promise<void> {
    const [first] = this.#current;
    if (first === undefined) return;
    const shown = this.#isWay ? this.#current[Number(this.#wayRange.value)] : undefined;
    if (this.#current.length === 1 || shown !== undefined) {
      const made = shown ?? first;
      saveFile(made.url, fileNameOf(made));
      return;
    }
    const url = URL.createObjectURL(await this.#stage.toPng());
    saveFile(url, `${this.#current.length}-images-seed${first.settings.seed}.png`);
    URL.revokeObjectURL(url);
  }

  #openCurrent(index: number): void {
    const made = this.#current[this.#isWay ? Number(this.#wayRange.value) : index];
    if (made !== undefined) this.#enlarged.open(this.#current, made);
  }

  #setRunning(running: AbortController | undefined): void {
    this.#running = running;
    const isRunning = running !== undefined;
    this.#stage.setBusy(isRunning || this.#timer !== undefined);
    // If the button that disappears has the focus, the focus would be lost.
    if (!isRunning && document.activeElement === this.#cancel) this.#generate.focus();
    this.#cancel.hidden = !isRunning;
    if (!isRunning) this.#progress.end();
  }
}

/** The URL of the page with the given settings. */
function linkTo(settings: Settings): string {
  return new URL(`#${formatSettings(settings)}`, location.href).href;
}

/** Whether the user has asked the browser to save data. */
function savesData(): boolean {
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData === true;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
