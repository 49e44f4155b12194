import { warn } from "@onestep/core/internal";

/** A warning that is given once, however often there is a reason for it. */
export class OneTimeWarning {
  #given = false;

  /** Gives the warning, unless it was given. */
  give(message: string): void {
    if (!this.#given) warn(message, "runtime");
    this.#given = true;
  }
}
