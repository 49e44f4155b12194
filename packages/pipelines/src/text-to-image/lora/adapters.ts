import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { AdapterLayer, AdapterState } from "@onestep/models";
import type { LoraLayers, LoraTarget } from "./load-lora.ts";
import type { LoraComponent } from "./lora-names.ts";

/** The model interface adapters require; `Model` of `@onestep/models` implements it. */
export interface AdaptableModel {
  readonly adapterTargets: ReadonlyMap<string, readonly number[]>;
  readonly adapters: ReadonlyMap<string, AdapterState>;
  addAdapter(name: string, layers: readonly AdapterLayer[]): void;
  deleteAdapter(name: string): void;
  unloadAdapter(name: string): void;
  setAdapters(weights: ReadonlyMap<string, number>): void;
  fuseAdapters(names: readonly string[], scale: number): void;
  unfuseAdapters(): void;
}

/** Adapter weights: one for all, or one per adapter in the order of their names. */
export type AdapterWeights = number | readonly number[];

/** Options of `setAdapters`. */
export interface SetAdaptersOptions {
  /** One weight for all adapters, or one for each; 1 by default. */
  readonly adapterWeights?: AdapterWeights | undefined;
}

/** The names of {@link SetAdaptersOptions}. */
export const setAdaptersOptionNames: OptionNames<SetAdaptersOptions> = { adapterWeights: true };

/** Options of `fuseLora`. */
export interface FuseLoraOptions {
  /** Multiplies the current weights; 1 by default. */
  readonly loraScale?: number | undefined;
  /** The adapters to fuse; all by default. */
  readonly adapterNames?: string | readonly string[] | undefined;
}

/** The names of {@link FuseLoraOptions}. */
export const fuseLoraOptionNames: OptionNames<FuseLoraOptions> = { loraScale: true, adapterNames: true };

/** The models of a pipeline that support adapters, by their names in adapter files. */
export class PipelineAdapters {
  readonly #models: ReadonlyMap<LoraComponent, AdaptableModel>;
  readonly #layersPerBlock: number;

  constructor(models: Readonly<Partial<Record<LoraComponent, unknown>>>, layersPerBlock: number) {
    const entries = Object.entries(models) as [LoraComponent, unknown][];
    this.#models = new Map(
      entries.filter((entry): entry is [LoraComponent, AdaptableModel] => isAdaptable(entry[1])),
    );
    this.#layersPerBlock = layersPerBlock;
  }

  /** The models to match files against. */
  get targets(): ReadonlyMap<LoraComponent, LoraTarget> {
    return new Map(
      [...this.#models].map(([component, { adapterTargets: targets }]) => [
        component,
        component === "unet" ? { targets, layersPerBlock: this.#layersPerBlock } : { targets },
      ]),
    );
  }

  /** The names of all adapters. */
  get names(): readonly string[] {
    return [...new Set([...this.#models.values()].flatMap(({ adapters }) => [...adapters.keys()]))];
  }

  /** The names of the active adapters. */
  get active(): readonly string[] {
    const states = [...this.#models.values()].flatMap(({ adapters }) => [...adapters]);
    const used = states.filter(([, { weight, fusedScale }]) => (fusedScale ?? weight) !== 0);
    return [...new Set(used.map(([name]) => name))];
  }

  add(name: string | undefined, layers: LoraLayers): string {
    const used = this.names;
    let count = 0;
    while (used.includes(`default_${count}`)) count += 1;
    const adapterName = name ?? `default_${count}`;
    if (used.includes(adapterName)) {
      throw new InvalidArgumentError({
        subject: "adapterName",
        found: JSON.stringify(adapterName),
        expected: "a name that no adapter has",
        remedy: "Choose another, or remove the adapter with `deleteAdapters`.",
      });
    }
    for (const [component, own] of layers) this.#models.get(component)?.addAdapter(adapterName, own);
    return adapterName;
  }

  setWeights(names: readonly string[], weights: AdapterWeights): void {
    this.#requireNames(names);
    const list: unknown = typeof weights === "number" ? names.map(() => weights) : weights;
    const isList = Array.isArray(list) && list.length === names.length && list.every(Number.isFinite);
    if (!isList) {
      throw new InvalidArgumentError({
        subject: "adapterWeights",
        found: describeValue(weights),
        expected: `a number, or ${names.length}, one for each adapter`,
        remedy: "Pass a weight for each name.",
      });
    }
    const byName = new Map(names.map((name, index) => [name, list[index] as number]));
    for (const model of this.#models.values()) model.setAdapters(byName);
  }

  fuse(given: string | readonly string[] = this.names, scale = 1): void {
    const names = typeof given === "string" ? [given] : given;
    this.#requireNames(names);
    if (!Number.isFinite(scale)) {
      throw new InvalidArgumentError({
        subject: "loraScale",
        found: describeValue(scale),
        expected: "a number",
        remedy: "Leave it out for 1.",
      });
    }
    for (const model of this.#models.values()) model.fuseAdapters(names, scale);
  }

  unfuse(): void {
    for (const model of this.#models.values()) model.unfuseAdapters();
  }

  /** Removes adapters, fused ones included. */
  remove(names: readonly string[]): void {
    this.#requireNames(names);
    for (const model of this.#models.values()) for (const name of names) model.deleteAdapter(name);
  }

  /** Removes all adapters; fused ones as soon as they are unfused. */
  unload(): void {
    for (const model of this.#models.values()) {
      for (const name of model.adapters.keys()) model.unloadAdapter(name);
    }
  }

  /** @throws InvalidArgumentError unless each is the name of an adapter, and none is there twice. */
  #requireNames(names: readonly string[]): void {
    const known = this.names;
    const list: readonly unknown[] = Array.isArray(names) ? names : [names];
    const isKnown = (name: unknown): boolean => typeof name === "string" && known.includes(name);
    const index = list.findIndex((name, position) => !isKnown(name) || list.indexOf(name) !== position);
    if (index === -1) return;
    const unknown = list[index];
    if (isKnown(unknown)) {
      throw new InvalidArgumentError({
        subject: "adapterNames",
        found: `${describeValue(unknown)} twice`,
        expected: "each adapter once",
        remedy: "Name it once, with one weight.",
      });
    }
    throw new InvalidArgumentError({
      subject: "adapterNames",
      found: describeValue(unknown),
      expected: known.length === 0 ? "none: no adapter is loaded" : `one of ${known.join(", ")}`,
      remedy: "Load it first with `loadLoraWeights`.",
    });
  }
}

function isAdaptable(model: unknown): model is AdaptableModel {
  return typeof model === "object" && model !== null && "addAdapter" in model && "adapterTargets" in model;
}
