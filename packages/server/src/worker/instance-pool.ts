import type { DiffusionPipelineBase } from "@onestep/pipelines";

/** The instances of a model, each of which does one run at a time. */
export class InstancePool {
  readonly instances: readonly DiffusionPipelineBase[];
  readonly #free: DiffusionPipelineBase[];
  readonly #waiting: ((instance: DiffusionPipelineBase) => void)[] = [];
  #reservations = 0;
  #onIdle: (() => void) | undefined;

  constructor(instances: readonly DiffusionPipelineBase[]) {
    this.instances = instances;
    this.#free = [...instances];
  }

  /**
   * Keeps the instances from being disposed of from now on, until the run has ended.
   *
   * @returns Does work with an instance, once one is free. Must be called.
   */
  reserve(): <Result>(work: (instance: DiffusionPipelineBase) => Promise<Result>) => Promise<Result> {
    this.#reservations += 1;
    return async (work) => {
      const instance =
        this.#free.pop() ??
        (await new Promise<DiffusionPipelineBase>((resolve) => this.#waiting.push(resolve)));
      try {
        return await work(instance);
      } finally {
        const next = this.#waiting.shift();
        if (next === undefined) this.#free.push(instance);
        else next(instance);
        this.#reservations -= 1;
        if (this.#reservations === 0) this.#onIdle?.();
      }
    };
  }

  /** Resolves once no run is left, or reserved. */
  async idle(): Promise<void> {
    if (this.#reservations > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }
}
