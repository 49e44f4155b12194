import { type LocalModel, modelOfDrop } from "../model/local-model.ts";
import { findElement } from "./find-element.ts";

/** Accepts models and pictures dropped anywhere on the page. */
export class DropTarget {
  readonly #veil = findElement("drop", HTMLElement);
  #depth = 0;

  constructor(
    onModel: (model: LocalModel) => void,
    onPicture: (file: File) => void,
    onFailure: (error: unknown) => void,
  ) {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    addEventListener("dragenter", (event) => {
      if (!hasFiles(event)) return;
      this.#depth += 1;
      this.#veil.hidden = false;
    });
    addEventListener("dragleave", () => this.#leave(this.#depth - 1));
    addEventListener("dragover", (event) => {
      if (hasFiles(event)) event.preventDefault();
    });
    addEventListener("drop", async (event) => {
      this.#leave(0);
      if (event.dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (event.dataTransfer.files.length === 1 && file?.type.startsWith("image/")) {
        onPicture(file);
        return;
      }
      try {
        onModel(await modelOfDrop(event.dataTransfer));
      } catch (error) {
        onFailure(error);
      }
    });
  }

  #leave(depth: number): void {
    this.#depth = Math.max(0, depth);
    this.#veil.hidden = this.#depth === 0;
  }
}
