import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { AdapterLayer, AdapterState } from "@onestep/models";
import type { LoraLayers, LoraTarget } from "./load-lora.ts";
import type { LoraComponent } from "./lora-names.ts";

/** The model interface adapters require; `Model` of `@onestep/models` implements it. */
export interface AdaptableModel {
  readonly adapterTargets: ReadonlyMap<string, readonly number[]>;
  readonly adapters: ReadonlyMap<string, AdapterState>;
  addAdapter(name: string, layers: readonly AdapterLayer[]): void;
  deleteAdapter(name: string): void;
  setAdapters(weights: ReadonlyMap<string, number>): void;
  fuseAdapters(names: readonly string[], scale: number): void;
  unfuseAdapters(): void;
}

/** Adapter weights: one for all, or one per adapter in the order of their names. */
export type AdapterWeights = number | readonly number[];

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
    const list = typeof weights === "number" ? names.map(() => weights) : weights;
    if (list.length !== names.length || !list.every((weight) => Number.isFinite(weight))) {
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

  fuse(names: readonly string[] = this.names, scale = 1): void {
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

  /** Removes adapters, by default all unfused ones. */
  remove(names?: readonly string[]): void {
    if (names !== undefined) this.#requireNames(names);
    for (const model of this.#models.values()) {
      for (const [name, { fusedScale }] of model.adapters) {
        const isMeant = names === undefined ? fusedScale === undefined : names.includes(name);
        if (isMeant) model.deleteAdapter(name);
      }
    }
  }

  #requireNames(names: readonly string[]): void {
    const known = this.names;
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return;
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
