import type { EngineEvent, Frame } from "../engine/messages.ts";
import { whitePicture } from "./pictures.ts";

/** Options of {@link ShownPreviews}. */
export interface ShownPreviewsOptions {
  /** The number of images. */
  readonly count: number;
  /** The number of previews asked for, for each image. */
  readonly previews: number;
  readonly onEvent: ((event: EngineEvent) => void) | undefined;
}

/**
 * What a request has made so far. A single image is shown preview by preview; several images are shown together, each as
 * far as it is, because they may be made one after another.
 */
export class ShownPreviews {
  readonly #options: ShownPreviewsOptions;
  readonly #frames: Frame[] = [];
  readonly #finished = new Set<number>();
  readonly #received: number[];

  constructor(options: ShownPreviewsOptions) {
    this.#options = options;
    this.#received = Array.from({ length: options.count }, () => 0);
  }

  /** Shows a preview. */
  show(index: number, preview: number, frame: Frame): void {
    this.#frames[index] = frame;
    this.#received[index] = preview + 1;
    this.#tell(`Preview ${preview + 1}`, frame);
  }

  /** Shows a finished image. */
  finish(index: number, frame: Frame): void {
    this.#frames[index] = frame;
    this.#received[index] = this.#options.previews + 1;
    this.#finished.add(index);
    this.#tell("Image", frame);
  }

  #tell(label: string, frame: Frame): void {
    const { count, previews, onEvent } = this.#options;
    onEvent?.({
      type: "frames",
      step: this.#received.reduce((sum, received) => sum + received, 0),
      totalSteps: count * (previews + 1),
      timestep: undefined,
      frames: Array.from({ length: count }, (_, index) => this.#frames[index] ?? whitePicture(frame)),
      label: count === 1 ? label : `${this.#finished.size} of ${count}`,
    });
  }
}
