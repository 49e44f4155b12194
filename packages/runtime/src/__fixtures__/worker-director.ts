import { BroadcastChannel } from "node:worker_threads";
import type { WireTensor, WorkerFailure } from "../protocol.ts";

/** A call that the scripted worker has received and not answered. */
export interface ReceivedCall {
  readonly call: "load" | "run";
  readonly request: Readonly<Record<string, unknown>>;
}

let directors = 0;

/** Tells `scripted-worker.mjs` what to do, and when. */
export class WorkerDirector {
  /** The script to start the worker from. */
  static readonly script: URL = new URL("./scripted-worker.mjs", import.meta.url);

  /** The graph to load: the worker listens to the director whose graph it was given. */
  readonly graph: Uint8Array;
  /** Every call that arrived, in order. */
  readonly calls: ReceivedCall[] = [];
  readonly #channel: BroadcastChannel;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor() {
    directors += 1;
    const name = `onestep-test-${process.pid}-${directors}`;
    this.graph = new TextEncoder().encode(name);
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event: unknown) => {
      this.calls.push((event as { readonly data: ReceivedCall }).data);
      this.#waiting = this.#waiting.filter(({ count, resolve }) => {
        if (this.calls.length < count) return true;
        resolve();
        return false;
      });
    };
  }

  /** Resolves when the worker has received this many calls, the load among them. */
  received(count: number): Promise<void> {
    if (this.calls.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** The values of input `x` of every run that arrived. */
  get inputs(): number[][] {
    return this.calls
      .filter(({ call }) => call === "run")
      .map(({ request }) => Array.from((request["x"] as WireTensor).data, Number));
  }

  /** Answers the load. */
  ready(): void {
    this.#channel.postMessage({ order: "ready" });
  }

  /** Answers a run with `y`. */
  output(...values: number[]): void {
    const value: WireTensor = { dtype: "float32", shape: [values.length], data: Float32Array.from(values) };
    this.#channel.postMessage({ order: "output", value });
  }

  /** Answers a call with a failure. */
  failure(value: WorkerFailure): void {
    this.#channel.postMessage({ order: "failure", value });
  }

  /** Ends the thread. */
  exit(value: number): void {
    this.#channel.postMessage({ order: "exit", value });
  }

  /** Throws in the thread, outside of any call. */
  throw(value: string): void {
    this.#channel.postMessage({ order: "throw", value });
  }

  close(): void {
    this.#channel.close();
  }
}
