import type { EngineEvent } from "../engine/messages.ts";
import { formatBytes } from "../work/format.ts";
import { findElement } from "./find-element.ts";
import { makeElement } from "./make-element.ts";

interface FileState {
  readonly loaded: number;
  readonly total: number | undefined;
  readonly cached: boolean;
}

/** Shows the progress of a download, then of the steps. Draws at most once per frame. */
export class ProgressView {
  readonly #panel = findElement("progress", HTMLElement);
  readonly #bar = findElement("progress-bar", HTMLElement);
  readonly #fill = findElement("bar-fill", HTMLElement);
  readonly #text = findElement("progress-text", HTMLElement);
  readonly #list = findElement("progress-files", HTMLElement);
  readonly #onMilestone: (text: string) => void;
  readonly #files = new Map<string, FileState>();
  #phase = "";
  #fraction: number | undefined;
  #announcedQuarter = 0;
  #isPending = false;

  /** @param onMilestone - Called with progress worth announcing. */
  constructor(onMilestone: (text: string) => void) {
    this.#onMilestone = onMilestone;
  }

  /** Starts with an indeterminate progress bar. */
  start(phase: string): void {
    this.#files.clear();
    this.#phase = phase;
    this.#fraction = undefined;
    this.#announcedQuarter = 0;
    this.#panel.hidden = false;
    this.#onMilestone(phase);
    this.#draw();
  }

  /** Removes the progress bar. */
  end(): void {
    this.#panel.hidden = true;
    this.#files.clear();
  }

  /** Handles an event. */
  receive(event: EngineEvent): void {
    switch (event.type) {
      case "file-start":
        this.#files.set(event.file, { loaded: 0, total: event.totalBytes, cached: event.cached });
        break;
      case "file-progress":
        this.#files.set(event.file, { loaded: event.loadedBytes, total: event.totalBytes, cached: false });
        break;
      case "file-end":
        this.#files.set(event.file, {
          loaded: event.totalBytes,
          total: event.totalBytes,
          cached: event.cached,
        });
        break;
      case "frames":
        this.#phase = event.label ?? `Step ${event.step} of ${event.totalSteps}`;
        this.#fraction = event.step / event.totalSteps;
        this.#files.clear();
        break;
      default:
        return;
    }
    if (event.type.startsWith("file")) this.#measureFiles();
    if (this.#isPending) return;
    this.#isPending = true;
    requestAnimationFrame(() => {
      this.#isPending = false;
      this.#draw();
    });
  }

  #measureFiles(): void {
    const states = [...this.#files.values()];
    const isDone = states.every(({ loaded, total }) => loaded === total);
    const loaded = states.reduce((sum, state) => sum + state.loaded, 0);
    const total = states.reduce((sum, state) => sum + (state.total ?? Number.NaN), 0);
    this.#fraction = Number.isNaN(total) || total === 0 ? undefined : loaded / total;
    this.#phase = isDone
      ? "Preparing the model"
      : `Fetching the model: ${formatBytes(loaded)}${Number.isNaN(total) ? "" : ` of ${formatBytes(total)}`}`;
    const quarter = Math.floor(4 * (this.#fraction ?? 0));
    if (quarter <= this.#announcedQuarter || isDone) return;
    this.#announcedQuarter = quarter;
    this.#onMilestone(`${25 * quarter} percent fetched`);
  }

  #draw(): void {
    const percent = this.#fraction === undefined ? undefined : Math.round(100 * this.#fraction);
    this.#fill.style.setProperty("--done", String(this.#fraction ?? 0));
    this.#bar.classList.toggle("waiting", percent === undefined);
    if (percent === undefined) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(percent));
    this.#text.textContent = this.#phase;
    this.#list.replaceChildren(
      ...[...this.#files].map(([file, state]) =>
        makeElement("li", {
          children: [makeElement("span", { text: file }), makeElement("span", { text: describe(state) })],
        }),
      ),
    );
  }
}

function describe({ loaded, total, cached }: FileState): string {
  if (cached) return "at hand";
  if (total === undefined) return formatBytes(loaded);
  return loaded === total ? formatBytes(total) : `${Math.floor((100 * loaded) / total)} %`;
}
