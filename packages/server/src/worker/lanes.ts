/** Runs that go on at the same time. In each lane, what is left of a run is done while the next one computes. */
export class Lanes {
  readonly #idle: Lane[];
  readonly #lanes: readonly Lane[];
  #onFree: (() => void) | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /** @param count - How many runs, at most. */
  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, () => ({ current: Promise.resolve() }));
    this.#idle = [...this.#lanes];
  }

  /**
   * How many runs can start, once there is at least one.
   *
   * @throws What a run failed with.
   */
  async free(): Promise<number> {
    if (this.#failure === undefined && this.#idle.length === 0)
      await new Promise<void>((resolve) => (this.#onFree = resolve));
    this.#check();
    return this.#idle.length;
  }

  /**
   * Starts a run in a lane that is free.
   *
   * @param run - Resolves with what is left to do. The lane is free meanwhile.
   */
  start(run: () => Promise<() => Promise<void>>): void {
    const lane = this.#idle.pop();
    if (lane === undefined) throw new Error("No lane is free.");
    const before = lane.current;
    const compute = async (): Promise<() => Promise<void>> => {
      try {
        return await run();
      } finally {
        // Only one run a lane waits to be finished, so that a slow storage slows the runs down.
        await before;
        this.#idle.push(lane);
        this.#onFree?.();
        this.#onFree = undefined;
      }
    };
    lane.current = compute()
      .then((finish) => finish())
      .catch((reason: unknown) => {
        this.#failure ??= { reason };
      });
  }

  /** @throws What a run failed with, once all have ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.map(({ current }) => current));
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}

interface Lane {
  /** The last run, and what is left of it. Never rejects. */
  current: Promise<void>;
}
