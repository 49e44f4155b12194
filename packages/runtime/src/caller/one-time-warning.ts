import { warn } from "@onestep/core/internal";

/** A warning given at most once. */
export class OneTimeWarning {
  #given = false;

  /** Gives the warning, unless it was already given. */
  give(message: string): void {
    if (!this.#given) warn(message, "runtime");
    this.#given = true;
  }
}
