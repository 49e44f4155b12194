import { InvalidArgumentError, Tensor } from "@onestep/core";
import { addLowRankBranches, lowRankTargets } from "@onestep/graph";
import type { CheckpointTensor } from "./checkpoint/checkpoint.ts";
import { type GraphExtension, Model } from "./model.ts";

/** What an adapter adds to one layer: `scale · factor · up · down`, beside its weight. */
export interface AdapterLayer {
  /** The name of the module: `down_blocks.0.attentions.0.proj_in`. */
  readonly module: string;
  /** [rank, in] or [rank, in, height, width]. */
  readonly down: CheckpointTensor;
  /** [out, rank] or [out, rank, 1, 1]. */
  readonly up: CheckpointTensor;
  /** alpha / rank. */
  readonly factor: number;
}

/** How an adapter takes part. */
export interface AdapterState {
  readonly weight: number;
  /** The scale that it is fixed at; undefined while its weight and the scale of a run count. */
  readonly fusedScale: number | undefined;
}

interface Adapter {
  /** Of this adapter alone, also among those that had its name before. */
  readonly id: number;
  readonly layers: readonly AdapterLayer[];
  readonly state: AdapterState;
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
    this.#adapters.set(name, { id: this.#count, layers, state: { weight: 1, fusedScale: undefined } });
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
    this.#update((_name, state) => ({ ...state, fusedScale: undefined }));
  }

  /** What the adapters that have an effect add to a run; undefined where there are none. */
  scaled(loraScale = 1): GraphExtension | undefined {
    const used = [...this.#adapters.values()].flatMap(({ id, layers, state }) => {
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

/** A model that adapters can be added to. */
export abstract class AdaptableModel<Values extends object> extends Model<Values> {
  readonly #adapters: AdapterSet = new AdapterSet();

  /** The layers that an adapter can be for: names of modules, without `.weight`, and the shapes of their weights. */
  get adapterTargets(): ReadonlyMap<string, readonly number[]> {
    const targets = [...this.graphs.values()].flatMap((graph) => [...lowRankTargets(graph)]);
    return new Map(targets.map(([name, shape]) => [name.replace(/\.weight$/, ""), shape]));
  }

  /** The names of the adapters, those of layers that are fused among them. */
  get adapters(): ReadonlyMap<string, AdapterState> {
    return this.#adapters.states;
  }

  /**
   * Adds an adapter: branches of low rank beside layers, whose matrices stay in their file (LoRA; Hu et al., 2021). It has the
   * weight 1.
   *
   * @throws InvalidArgumentError where there is one of that name.
   */
  addAdapter(name: string, layers: readonly AdapterLayer[]): void {
    this.requireLoaded();
    this.#adapters.add(name, layers);
  }

  /** Removes an adapter; nothing happens where there is none of that name. The model is then as it was before, to the bit. */
  deleteAdapter(name: string): void {
    this.#adapters.delete(name);
  }

  /** Gives adapters their weights; those that are not named, and not fused, have none from then on. */
  setAdapters(weights: ReadonlyMap<string, number>): void {
    this.#adapters.setWeights(weights);
  }

  /** Fixes adapters at a scale: neither weights nor the scale of a run change them until they are freed again. */
  fuseAdapters(names: readonly string[], scale: number): void {
    this.#adapters.fuse(names, scale);
  }

  /** Frees the adapters that are fixed. */
  unfuseAdapters(): void {
    this.#adapters.unfuse();
  }

  /**
   * What the adapters add to a run, for {@link Model.run}.
   *
   * @param loraScale - What the weights of all of them are multiplied with; 1 by default.
   */
  protected extension(loraScale: number | undefined): GraphExtension | undefined {
    return this.#adapters.scaled(loraScale);
  }
}
