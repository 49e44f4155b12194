import type { EngineEvent } from "./engine/messages.ts";
import { isModelKept } from "./offline/offline.ts";
import { defaultSettings, type Settings, seedsOf } from "./settings/settings.ts";
import { formatSettings, parseSettings } from "./settings/settings-link.ts";
import { Announcer } from "./views/announcer.ts";
import { copyText } from "./views/copy-text.ts";
import { DropTarget } from "./views/drop-target.ts";
import { EnlargedView } from "./views/enlarged-view.ts";
import { FailureView } from "./views/failure-view.ts";
import { FieldError } from "./views/field-error.ts";
import { findElement } from "./views/find-element.ts";
import { Gallery } from "./views/gallery.ts";
import { LabelView } from "./views/label-view.ts";
import { ProgramsView } from "./views/programs-view.ts";
import { ProgressView } from "./views/progress-view.ts";
import { saveFile } from "./views/save-file.ts";
import { SettingsForm } from "./views/settings-form.ts";
import { Stage } from "./views/stage.ts";
import { describeSpeed } from "./work/describe-speed.ts";
import { fileNameOf, type Made } from "./work/made.ts";
import { type Delivery, Studio } from "./work/studio.ts";

/** The page: what a person does goes to the studio, and what comes of it to the views. */
export class Playground {
  readonly #studio = new Studio();
  readonly #isOfflineReady: Promise<void>;
  readonly #offlineBadge = findElement("badge-offline", HTMLElement);
  readonly #announcer = new Announcer();
  readonly #failure = new FailureView();
  readonly #progress = new ProgressView((text) => this.#announcer.say(text));
  readonly #label = new LabelView();
  readonly #programs = new ProgramsView();
  readonly #form: SettingsForm;
  readonly #gallery = new Gallery((made) => this.#enlarged.open(this.#gallery.images, made));
  readonly #stage = new Stage((index) => this.#openCurrent(index));
  readonly #enlarged: EnlargedView;
  readonly #generate = findElement("generate", HTMLButtonElement);
  readonly #cancel = findElement("cancel", HTMLButtonElement);
  #current: readonly Made[] = [];
  #running: AbortController | undefined;
  #noiseAsked = 0;

  /** @param isOfflineReady - Settled when what is fetched is kept for use without a network. */
  constructor(isOfflineReady: Promise<void>) {
    this.#isOfflineReady = isOfflineReady;
    this.#form = new SettingsForm({
      onSubmit: () => this.#run(),
      onNoise: () => this.#showNoise(),
      factsOf: (source) => this.#studio.factsOf(source),
    });
    const copyLink = findElement("enlarged-link", HTMLButtonElement);
    this.#enlarged = new EnlargedView({
      download: (made) => saveFile(made.url, fileNameOf(made)),
      copyLink: (made) => copyText(copyLink, linkTo(made.settings)),
      useSettings: async ({ settings }) => {
        await this.#form.show(settings);
        await this.#showNoise();
        this.#generate.focus();
      },
    });
    this.#connectButtons();
    new DropTarget(
      (model) => this.#form.takeFiles(model),
      (error) => this.#failure.show(error),
    );
  }

  /** Shows what the address asks for, or what the page begins with. */
  async open(): Promise<void> {
    addEventListener("hashchange", () => {
      // A link to a place on the page changes no settings.
      if (parseSettings(location.hash) !== undefined) void this.#openLink();
    });
    await Promise.all([this.#openLink(), this.#showOffline()]);
  }

  async #openLink(): Promise<void> {
    const parsed = parseSettings(location.hash);
    const settings = parsed?.settings ?? defaultSettings;
    await this.#form.show(settings);
    await this.#showNoise();
    if (parsed !== undefined && parsed.faults.length > 0) {
      this.#failure.show(
        new Error(`The link has something that cannot be used: ${parsed.faults.join(", ")}.`),
      );
    } else if (parsed !== undefined && settings.model.kind === "shipped") {
      // Who opens a link wants to see its image. A model of the Hub may be gigabytes: that waits for a click.
      await this.#run();
    }
  }

  #connectButtons(): void {
    this.#cancel.addEventListener("click", () => this.#running?.abort());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.querySelector("dialog[open]") === null) this.#running?.abort();
    });
    findElement("download", HTMLButtonElement).addEventListener("click", () => {
      this.#download();
    });
    const copyLink = findElement("copy-link", HTMLButtonElement);
    copyLink.addEventListener("click", () => copyText(copyLink, location.href));
  }

  async #run(): Promise<void> {
    if (this.#running !== undefined) return;
    this.#failure.clear();
    // What is said of the images before must not be taken for these.
    this.#announcer.say("");
    const running = new AbortController();
    let hasBegun = false;
    try {
      const settings = this.#form.read();
      const source = this.#form.readSource();
      this.#setRunning(running);
      const { device } = this.#form;
      await this.#isOfflineReady;
      const delivery = await this.#studio.make(
        { settings, source, device },
        {
          signal: running.signal,
          onEvent: (event) => this.#receive(event),
          onLoading: () => this.#progress.start("Getting the model ready"),
          onModel: (facts) => this.#form.showFacts(facts),
          onNoise: (frames) => {
            hasBegun = true;
            this.#progress.start("Making images");
            this.#label.showNoise(settings.seed, settings.count);
            this.#stage.showNoise(frames);
          },
        },
      );
      await this.#show(settings, delivery);
      await this.#showOffline();
    } catch (error) {
      if (hasBegun) await this.#stage.reset();
      if (running.signal.aborted) this.#announcer.say("Cancelled");
      else this.#failure.show(error);
      if (error instanceof FieldError) error.field.focus();
    } finally {
      this.#setRunning(undefined);
    }
  }

  #receive(event: EngineEvent): void {
    this.#progress.receive(event);
    if (event.type === "frames") this.#stage.addStep(event);
  }

  async #show(settings: Settings, { facts, classLabels, reply }: Delivery): Promise<void> {
    const speed = describeSpeed(facts, reply);
    const { localName } = this.#form;
    const seeds = seedsOf(settings);
    this.#current = reply.images.map(({ frame, png }, index) => {
      const classLabel = classLabels?.[index];
      return {
        name: this.#form.nameOfClass(classLabel),
        settings: { ...settings, seed: seeds[index] ?? settings.seed, count: 1, classLabel: classLabel ?? 0 },
        localName,
        classLabel,
        width: frame.width,
        url: URL.createObjectURL(png),
        speed,
      };
    });
    const names = this.#current.map(({ name, settings: own }) => `${name}, seed ${own.seed}`);
    await this.#stage.finish(
      reply.images.map(({ frame }) => frame),
      names,
    );
    this.#gallery.add(this.#current);
    this.#label.showImages(this.#current);
    this.#programs.show(settings, { classLabels, id2label: facts.id2label, localName });
    history.replaceState(null, "", `#${formatSettings(settings)}`);
    this.#announcer.say(`Done: ${names.length > 3 ? `${names.length} images` : names.join("; ")}. ${speed}`);
  }

  async #showNoise(): Promise<void> {
    if (this.#running !== undefined) return;
    this.#noiseAsked += 1;
    const asked = this.#noiseAsked;
    const seeds = this.#form.readSeeds();
    const frames = await this.#studio.drawNoise(seeds);
    // Something newer is on the stage, or on its way there.
    if (asked !== this.#noiseAsked || this.#running !== undefined) return;
    this.#stage.showNoise(frames);
    this.#label.showNoise(seeds.seed, seeds.count);
  }

  async #showOffline(): Promise<void> {
    this.#offlineBadge.hidden = !(await isModelKept());
  }

  async #download(): Promise<void> {
    const [first] = this.#current;
    if (first === undefined) return;
    if (this.#current.length === 1) {
      saveFile(first.url, fileNameOf(first));
      return;
    }
    const url = URL.createObjectURL(await this.#stage.toPng());
    saveFile(url, `${this.#current.length}-images-seed${first.settings.seed}.png`);
    URL.revokeObjectURL(url);
  }

  #openCurrent(index: number): void {
    const made = this.#current[index];
    if (made !== undefined) this.#enlarged.open(this.#current, made);
  }

  #setRunning(running: AbortController | undefined): void {
    this.#running = running;
    const isRunning = running !== undefined;
    // Where the focus is on the button that goes away, it would be lost.
    if (!isRunning && document.activeElement === this.#cancel) this.#generate.focus();
    this.#generate.setAttribute("aria-disabled", String(isRunning));
    this.#cancel.hidden = !isRunning;
    if (!isRunning) this.#progress.end();
  }
}

/** The address of the page with some settings. */
function linkTo(settings: Settings): string {
  return new URL(`#${formatSettings(settings)}`, location.href).href;
}
