import { OnestepError } from "./onestep-error.ts";

/** A `config.json`, `scheduler_config.json` or `model_index.json` is not one, or contradicts itself. */
export class InvalidConfigError extends OnestepError {
  static override readonly code: string = "invalid-config";
}
