import { InvalidArgumentError, Tensor } from "@onestep/core";
import { addLowRankBranches, lowRankTargets } from "@onestep/graph";
import type { CheckpointTensor } from "./checkpoint/checkpoint.ts";
import { type GraphExtension, Model } from "./model.ts";

/** The branch an adapter adds to one layer: `scale · factor · up · down`. */
export interface AdapterLayer {
  /** Module name: `down_blocks.0.attentions.0.proj_in`. */
  readonly module: string;
  /** [rank, in] or [rank, in, height, width]. */
  readonly down: CheckpointTensor;
  /** [out, rank] or [out, rank, 1, 1]. */
  readonly up: CheckpointTensor;
  /** alpha / rank. */
  readonly factor: number;
}

/** The state of an adapter. */
export interface AdapterState {
  readonly weight: number;
  /** The scale it is fused at; undefined while its weight and the run's scale apply. */
  readonly fusedScale: number | undefined;
}

/** The adapters of a model at a moment, for runs that take several steps. */
export interface AdapterSnapshot {
  readonly adapters: readonly Adapter[];
}

interface Adapter {
  /** Unique to this adapter, even if its name is reused. */
  readonly id: number;
  readonly layers: readonly AdapterLayer[];
  readonly state: AdapterState;
  /** Whether it is to be removed as soon as it is unfused. */
  readonly isUnloaded: boolean;
}

/** The adapters of a model, by name. */
class AdapterSet {
  readonly #adapters = new Map<string, Adapter>();
  #count = 0;

  get states(): ReadonlyMap<string, AdapterState> {
    return new Map([...this.#adapters].map(([name, { state }]) => [name, state]));
  }

  add(name: string, layers: readonly AdapterLayer[]): void {
    if (this.#adapters.has(name)) {
      throw new InvalidArgumentError({
        subject: "adapterName",
        found: JSON.stringify(name),
        expected: "a name that no adapter has",
        remedy: "Choose another, or unload the adapter of that name.",
      });
    }
    this.#count += 1;
    const state = { weight: 1, fusedScale: undefined };
    this.#adapters.set(name, { id: this.#count, layers, state, isUnloaded: false });
  }

  unload(name: string): void {
    const adapter = this.#adapters.get(name);
    if (adapter?.state.fusedScale === undefined) this.#adapters.delete(name);
    else this.#adapters.set(name, { ...adapter, isUnloaded: true });
  }

  delete(name: string): void {
    this.#adapters.delete(name);
  }

  setWeights(weights: ReadonlyMap<string, number>): void {
    this.#update((name, state) => ({ ...state, weight: weights.get(name) ?? 0 }));
  }

  fuse(names: readonly string[], scale: number): void {
    this.#update((name, state) =>
      names.includes(name) && state.fusedScale === undefined
        ? { ...state, fusedScale: state.weight * scale }
        : state,
    );
  }

  unfuse(): void {
    for (const [name, { isUnloaded }] of this.#adapters) if (isUnloaded) this.#adapters.delete(name);
    this.#update((_name, state) => ({ ...state, fusedScale: undefined }));
  }

  get snapshot(): AdapterSnapshot {
    return { adapters: [...this.#adapters.values()] };
  }

  /** The graph additions of the active adapters; undefined if there are none. */
  scaled(loraScale = 1, { adapters } = this.snapshot): GraphExtension | undefined {
    const used = adapters.flatMap(({ id, layers, state }) => {
      const scale = state.fusedScale ?? state.weight * loraScale;
      return scale === 0 || layers.length === 0 ? [] : [{ id, layers, scale }];
    });
    if (used.length === 0) return undefined;
    const input = (id: number): string => `lora_scale.${id}`;
    const name = (id: number, { module }: AdapterLayer, part: string): string =>
      `lora.${id}.${module}.${part}`;
    return {
      key: used.map(({ id }) => id).join(),
      inputs: Object.fromEntries(used.map(({ id, scale }) => [input(id), Tensor.from([scale])])),
      tensors: new Map(
        used.flatMap(({ id, layers }) =>
          layers.flatMap((layer) => [
            [name(id, layer, "down"), layer.down] as const,
            [name(id, layer, "up"), layer.up] as const,
          ]),
        ),
      ),
      extend(graph) {
        const targets = lowRankTargets(graph);
        const branches = used.flatMap(({ id, layers }) =>
          layers.map((layer) => ({
            weight: `${layer.module}.weight`,
            down: { name: name(id, layer, "down"), shape: layer.down.shape },
            up: { name: name(id, layer, "up"), shape: layer.up.shape },
            factor: layer.factor,
            scale: input(id),
          })),
        );
        const own = branches.filter(({ weight }) => targets.has(weight));
        return own.length === 0 ? graph : addLowRankBranches(graph, own);
      },
    };
  }

  #update(change: (name: string, state: AdapterState) => AdapterState): void {
    for (const [name, adapter] of this.#adapters) {
      this.#adapters.set(name, { ...adapter, state: change(name, adapter.state) });
    }
  }
}

/**
 * A model that supports adapters.
 *
 * @example
 * const { unet } = textToImage; // a UNet2DConditionModel
 * if (unet instanceof AdaptableModel) console.log([...unet.adapters.keys()]);
 */
export abstract class AdaptableModel<Values extends object> extends Model<Values> {
  readonly #adapters: AdapterSet = new AdapterSet();

  /** Layers that support adapters: module names, without `.weight`, and the shapes of their weights. */
  get adapterTargets(): ReadonlyMap<string, readonly number[]> {
    const targets = [...this.graphs.values()].flatMap((graph) => [...lowRankTargets(graph)]);
    return new Map(targets.map(([name, shape]) => [name.replace(/\.weight$/, ""), shape]));
  }

  /** The names of the adapters, fused ones included. */
  get adapters(): ReadonlyMap<string, AdapterState> {
    return this.#adapters.states;
  }

  /**
   * Adds an adapter: low-rank branches of layers, whose matrices stay in their file (LoRA; Hu et al., 2021). Its weight
   * is 1.
   *
   * @throws InvalidArgumentError if the name is taken.
   */
  addAdapter(name: string, layers: readonly AdapterLayer[]): void {
    this.requireLoaded();
    this.#adapters.add(name, layers);
  }

  /**
   * The adapters as they are now. Passed to each step of a run, they stay the same if adapters are loaded or removed
   * meanwhile.
   */
  get adapterSnapshot(): AdapterSnapshot {
    return this.#adapters.snapshot;
  }

  /** Removes an adapter; a fused one as soon as it is unfused. */
  unloadAdapter(name: string): void {
    this.#adapters.unload(name);
  }

  /** Removes an adapter, if there is one of that name. Restores the model bit for bit. */
  deleteAdapter(name: string): void {
    this.#adapters.delete(name);
  }

  /** Sets adapter weights; adapters that are neither named nor fused are disabled. */
  setAdapters(weights: ReadonlyMap<string, number>): void {
    this.#adapters.setWeights(weights);
  }

  /** Fuses adapters at a scale: until they are unfused, weights and the scale of a run do not affect them. */
  fuseAdapters(names: readonly string[], scale: number): void {
    this.#adapters.fuse(names, scale);
  }

  /** Unfuses all adapters. */
  unfuseAdapters(): void {
    this.#adapters.unfuse();
  }

  /**
   * The graph additions of the adapters, for {@link Model.run}.
   *
   * @param loraScale - Multiplies the weights of all adapters; 1 by default.
   * @param snapshot - The adapters to use; by default those of this moment.
   */
  protected extension(
    loraScale: number | undefined,
    snapshot: AdapterSnapshot | undefined,
  ): GraphExtension | undefined {
    return this.#adapters.scaled(loraScale, snapshot);
  }
}
