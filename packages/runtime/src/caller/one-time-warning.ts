import { warn } from "@onestep/core";

/** A warning that is given once, however often there is a reason for it. */
export class OneTimeWarning {
  #given = false;

  /** Gives the warning, unless it was given. */
  give(message: string): void {
    if (!this.#given) warn(message);
    this.#given = true;
  }
}
