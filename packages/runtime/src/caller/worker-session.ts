import { type DataType, DisposedError, InvalidArgumentError, Tensor } from "@onestep/core";
import type { Device } from "../backend.ts";
import { InvalidGraphError } from "../errors.ts";
import type { SessionDescription, ValueDescription, WireTensor } from "../protocol.ts";
import { RunQueue } from "../run-queue.ts";
import type { InferenceSession } from "../session.ts";
import type { Connection } from "./connection.ts";
import { translateFailure } from "./failures.ts";

const tensorTypes: ReadonlySet<string> = new Set<DataType>(["float32", "float64", "int32", "int64", "uint8"]);

/**
 * Loads a model in a worker. On failure or abort the worker is ended; an abort rejects immediately.
 *
 * @param options.transfer Buffers in `request` to transfer.
 * @throws WorkerCallError if the worker reports a failure.
 * @throws InvalidGraphError if a `Tensor` cannot hold an output of the graph.
 */
export async function loadModel<LoadRequest>(
  worker: Connection<LoadRequest>,
  request: LoadRequest,
  options: { readonly signal?: AbortSignal | undefined; readonly transfer?: readonly Transferable[] },
): Promise<SessionDescription> {
  const { signal, transfer } = options;
  try {
    const description = await orAbort(worker.call("load", request, transfer), signal);
    checkOutputs(description.outputs);
    return description;
  } catch (error) {
    const ended = worker.end();
    signal?.throwIfAborted();
    await ended;
    throw error;
  }
}

/** A session running in a worker. */
export class WorkerSession implements InferenceSession {
  readonly device: Device;
  readonly #worker: Connection<never>;
  readonly #description: SessionDescription;
  readonly #queue: RunQueue = new RunQueue();
  #disposal: Promise<void> | undefined;

  /** @param worker A worker that has answered `load` with `description`. */
  constructor(device: Device, worker: Connection<never>, description: SessionDescription) {
    this.device = device;
    this.#worker = worker;
    this.#description = description;
  }

  async run(
    inputs: Readonly<Record<string, Tensor>>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Record<string, Tensor>> {
    checkInputs(inputs, this.#description.inputs);
    const copies = Object.entries(inputs).map(([name, { dtype, shape, data }]): [string, WireTensor] => [
      name,
      { dtype, shape, data: data.slice() },
    ]);
    return this.#queue.add(() => this.#runInWorker(copies), options.signal);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#queue
      .close(() => new DisposedError("This model was disposed, and runs no more. Load it again."))
      .then(() => this.#worker.end());
    return this.#disposal;
  }

  async #runInWorker(inputs: readonly [string, WireTensor][]): Promise<Record<string, Tensor>> {
    const buffers = inputs.map(([, { data }]) => data.buffer as ArrayBuffer);
    try {
      const outputs = await this.#worker.call("run", Object.fromEntries(inputs), buffers);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { dtype, shape, data }]) => [
          name,
          new Tensor(dtype, data, shape),
        ]),
      );
    } catch (error) {
      throw translateFailure(error, []);
    }
  }
}

/**
 * Checks that the tensors match a graph's declared inputs.
 *
 * @throws InvalidArgumentError if a tensor is missing or unexpected, or its element type or shape differs.
 */
export function checkInputs(
  inputs: Readonly<Record<string, Tensor>>,
  declared: readonly ValueDescription[],
): void {
  const names = Object.keys(inputs);
  const unexpected = names.filter((name) => !declared.some((value) => value.name === name));
  const missing = declared.filter((value) => !names.includes(value.name));
  if (unexpected.length > 0 || missing.length > 0) {
    throw new InvalidArgumentError({
      subject: "inputs",
      found: `[${names.join(", ")}]`,
      expected: `[${declared.map((value) => value.name).join(", ")}]`,
      remedy: "Pass exactly the inputs of the graph.",
    });
  }
  for (const value of declared) {
    const tensor = inputs[value.name];
    if (tensor === undefined) continue;
    const fits =
      tensor.dtype === value.dtype &&
      tensor.shape.length === value.shape.length &&
      value.shape.every((length, axis) => typeof length === "string" || length === tensor.shape[axis]);
    if (!fits) {
      throw new InvalidArgumentError({
        subject: `input "${value.name}"`,
        found: `${tensor.dtype} [${tensor.shape.join(", ")}]`,
        expected: `${value.dtype} [${value.shape.join(", ")}]`,
        remedy: "Pass a tensor of this type and shape; a named dimension may have any length.",
      });
    }
  }
}

/**
 * Checks that a graph's outputs fit into a `Tensor`.
 *
 * @throws InvalidGraphError if `Tensor` does not support the element type of an output.
 */
export function checkOutputs(declared: readonly ValueDescription[]): void {
  for (const { name, dtype } of declared) {
    if (tensorTypes.has(dtype)) continue;
    throw new InvalidGraphError({
      subject: `output "${name}"`,
      found: dtype,
      expected: `one of ${[...tensorTypes].join(", ")}`,
      remedy: "Cast it in the graph to one of these types.",
    });
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
function orAbort<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
