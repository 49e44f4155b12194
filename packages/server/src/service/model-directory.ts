import { nearestName } from "@onestep/core/internal/nearest-name";
import { ApiError } from "../http/api-error.ts";
import type { ModelCard } from "./model-card.ts";

/** Which models there are, and how many workers serve them. */
export interface ModelSource {
  cards(): Promise<readonly ModelCard[]>;
  /** How many workers serve a model. */
  workerCount(model: string): Promise<number>;
  /** Why there is no model at all, as a sentence without its full stop. */
  absence?(): Promise<string>;
}

/** Options of {@link ModelDirectory}. */
export interface DirectoryOptions {
  readonly source: ModelSource;
  /** Other names of models. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** A name under which a model can be asked for. */
export interface ListedModel {
  readonly id: string;
  readonly card: ModelCard;
}

/** The models of a service by their names and aliases. */
export class ModelDirectory {
  readonly #source: ModelSource;
  readonly #aliases: Readonly<Record<string, string>>;

  constructor({ source, aliases = {} }: DirectoryOptions) {
    this.#source = source;
    this.#aliases = aliases;
  }

  /** How many workers serve a model. */
  workerCount(model: string): Promise<number> {
    return this.#source.workerCount(model);
  }

  /** Every model, and every alias of one. */
  async list(): Promise<readonly ListedModel[]> {
    const cards = await this.#source.cards();
    const aliases = Object.entries(this.#aliases).flatMap(([id, name]) => {
      const card = cards.find((one) => one.name === name);
      return card === undefined || cards.some((one) => one.name === id) ? [] : [{ id, card }];
    });
    return [...cards.map((card) => ({ id: card.name, card })), ...aliases];
  }

  /**
   * The model of a name or alias.
   *
   * @param name - The first model by default.
   * @throws ApiError 404 `model_not_found`; 503 if there is none at all.
   */
  async find(name: string | undefined): Promise<ModelCard> {
    const models = await this.list();
    const found = name === undefined ? models[0] : models.find(({ id }) => id === name);
    if (found !== undefined) return found.card;
    if (models.length === 0) {
      const absence = (await this.#source.absence?.()) ?? "No model is loaded";
      const message = `${absence}. Try again in a few seconds.`;
      throw new ApiError({ status: 503, code: "no_workers", message, retryAfter: 5 });
    }
    const names = models.map(({ id }) => id);
    const nearest = nearestName(String(name), names);
    const hint =
      nearest === undefined ? `Served are ${names.slice(0, 10).join(", ")}.` : `Did you mean ${nearest}?`;
    const message = `The model ${JSON.stringify(String(name).slice(0, 200))} does not exist here. ${hint}`;
    throw new ApiError({ status: 404, code: "model_not_found", param: "model", message });
  }
}
