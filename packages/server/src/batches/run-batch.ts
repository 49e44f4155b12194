import type { FileStore } from "../files/file-store.ts";
import { ApiError } from "../http/api-error.ts";
import type { Batch, BatchFault, BatchRecord, BatchState } from "./batch-object.ts";
import { type BatchStore, type OpenBatch, workPrefix } from "./batch-store.ts";
import { LineParser } from "./parse-line.ts";
import { readLines } from "./read-lines.ts";
import { type DoneLines, type ResultKind, ResultParts } from "./result-parts.ts";
import { type EndReason, type LineService, runLines } from "./run-lines.node.ts";

/** What runs a batch. */
export interface RunBatchOptions {
  readonly store: BatchStore;
  readonly files: FileStore;
  readonly service: LineService;
  readonly linesInFlight: number;
  /** The most bytes of a line. */
  readonly lineBytes: number;
  /** The most lines of a batch. */
  readonly maxLines: number;
  /** Aborted when the lease is lost or the service ends; the batch stays open. */
  readonly stop: AbortSignal;
  /** How often the state is written and cancellation noticed, in milliseconds. */
  readonly tick: number;
  readonly patience?: number | undefined;
}

const faultsShown = 100;

/** How long the record of a batch may come after its place in the list, in seconds. */
const orphanSeconds = 3600;

/**
 * Runs a batch from where it is to its end.
 *
 * @returns Whether it has ended.
 * @throws The reason of `stop`; or StorageError.
 */
export async function runBatch(batch: OpenBatch, options: RunBatchOptions): Promise<boolean> {
  const { store } = options;
  const found = await store.readOpen(batch);
  if (found !== undefined) {
    const run = new BatchRun(batch, found.record, found.state, options);
    await run.run().finally(() => run.dispose());
    return true;
  }
  const isOver = (await store.hasEnded(batch)) || ageOf(batch) > orphanSeconds;
  if (isOver) await store.close(batch);
  return isOver;
}

/** In seconds, of the id. */
function ageOf({ id }: OpenBatch): number {
  return now() - Number.parseInt(id.slice("batch_".length, "batch_".length + 9), 36) / 1000;
}

class BatchRun {
  readonly #batch: OpenBatch;
  readonly #record: BatchRecord;
  readonly #options: RunBatchOptions;
  readonly #results: ResultParts;
  readonly #end = new AbortController();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #state: BatchState;
  #done: DoneLines = { output: new Set(), error: new Set() };
  #writing: Promise<void> = Promise.resolve();

  constructor(batch: OpenBatch, record: BatchRecord, state: BatchState, options: RunBatchOptions) {
    this.#batch = batch;
    this.#record = record;
    this.#state = state;
    this.#options = options;
    this.#results = new ResultParts(options.store.storage, `${workPrefix(batch)}results/`);
  }

  async run(): Promise<void> {
    const { store, stop } = this.#options;
    await this.#watch();
    if (this.#state.status === undefined || this.#state.status === "validating") {
      const faults = await this.#validate();
      stop.throwIfAborted();
      if (faults.length > 0) {
        const errors = { object: "list", data: faults } as const;
        return await store.finish(this.#batch, {
          ...this.#state,
          status: "failed",
          failed_at: now(),
          errors,
        });
      }
    }
    this.#done = await this.#results.done();
    if (this.#state.status !== "finalizing") {
      await this.#runLines();
      await this.#writeState({ status: "finalizing", finalizing_at: now() });
    }
    await this.#finish();
  }

  dispose(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Ends the batch when it is cancelled or expires. */
  async #watch(): Promise<void> {
    const { store, tick } = this.#options;
    const check = async (): Promise<void> => {
      if (this.#end.signal.aborted) return;
      if (await store.isCancelled(this.#batch)) this.#end.abort("batch_cancelled" satisfies EndReason);
      else if (now() >= this.#record.expiresAt) this.#end.abort("batch_expired" satisfies EndReason);
    };
    await check();
    // Failures of the storage are met again where they matter.
    this.#timers.push(setInterval(() => void check().catch(() => {}), tick));
  }

  /** Reads the whole file once. Returns why the batch cannot be run. */
  async #validate(): Promise<readonly BatchFault[]> {
    const { maxLines, stop } = this.#options;
    const fail = (code: string, message: string): readonly BatchFault[] => [
      { code, message, line: null, param: "input_file_id" },
    ];
    const parser = new LineParser(this.#record.endpoint);
    const faults: BatchFault[] = [];
    let total = 0;
    let valid = 0;
    try {
      for await (const text of await this.#openInput()) {
        stop.throwIfAborted();
        total += 1;
        if (total > maxLines) return fail("too_many_requests", `The file has more than ${maxLines} lines.`);
        const line = parser.parse(text);
        if (!("fault" in line)) valid += 1;
        else if (faults.length < faultsShown) faults.push({ ...line.fault, line: line.number });
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      return fail("invalid_file", "The input file does not exist any more.");
    }
    if (total === 0) return fail("empty_file", "The input file is empty.");
    // Single bad lines go to the error file.
    if (valid === 0) return faults;
    await this.#writeState({
      status: "in_progress",
      in_progress_at: now(),
      request_counts: { total, completed: 0, failed: 0 },
    });
    return [];
  }

  async #openInput(): Promise<AsyncIterable<Parameters<LineParser["parse"]>[0]>> {
    const { files, lineBytes } = this.#options;
    return readLines(await files.open(this.#record.owner, this.#record.inputFileId), lineBytes);
  }

  async #runLines(): Promise<void> {
    const { service, linesInFlight, stop, tick, patience } = this.#options;
    const { owner, endpoint, id } = this.#record;
    let isWritten = true;
    const write = (): void => {
      if (isWritten) return;
      isWritten = true;
      void this.#writeState({}).catch(() => {});
    };
    const timer = setInterval(write, tick);
    this.#timers.push(timer);
    try {
      await runLines({
        ...{ endpoint, service, owner, linesInFlight, stop, patience },
        lines: await this.#openInput(),
        done: this.#done,
        results: this.#results,
        batchId: id,
        end: this.#end.signal,
        onResult: () => {
          isWritten = false;
        },
      });
    } finally {
      clearInterval(timer);
      await this.#writing;
    }
  }

  async #finish(): Promise<void> {
    const { store, stop } = this.#options;
    const output = await this.#makeFile("output");
    stop.throwIfAborted();
    const error = await this.#makeFile("error");
    stop.throwIfAborted();
    await store.finish(this.#batch, {
      ...this.#state,
      ...this.#outcome(),
      request_counts: this.#counts(),
      ...(output === undefined ? {} : { output_file_id: output }),
      ...(error === undefined ? {} : { error_file_id: error }),
    });
  }

  #outcome(): Pick<Batch, "status"> & BatchState {
    const reason = this.#end.signal.aborted ? (this.#end.signal.reason as EndReason) : undefined;
    if (reason === "batch_cancelled") return { status: "cancelled", cancelled_at: now() };
    if (reason === "batch_expired") return { status: "expired", expired_at: now() };
    return { status: "completed", completed_at: now() };
  }

  /** Puts the results of a kind together; the same file if it is done again. */
  async #makeFile(kind: ResultKind): Promise<string | undefined> {
    const { files, stop } = this.#options;
    const { owner, id, outputFileId, errorFileId, outputExpiresAfter } = this.#record;
    if (this.#done[kind].size === 0) return undefined;
    const fileId = kind === "output" ? outputFileId : errorFileId;
    let bytes = 0;
    const lines = this.#results.read(kind);
    const content = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          stop.throwIfAborted();
          const { done, value } = await lines.next();
          if (done === true) return controller.close();
          bytes += value.length;
          controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
    await files.write(owner, content, fileId);
    const filename = `${id}_${kind}.jsonl`;
    const expiresAfter = outputExpiresAfter;
    await files.add(owner, fileId, { filename, bytes, purpose: "batch_output", expiresAfter });
    return fileId;
  }

  #counts(): Batch["request_counts"] {
    const { output, error } = this.#done;
    const total = this.#state.request_counts?.total ?? 0;
    return { total, completed: output.size, failed: error.size };
  }

  async #writeState(changes: BatchState): Promise<void> {
    this.#state = { ...this.#state, request_counts: this.#counts(), ...changes };
    const state = this.#state;
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        this.#options.stop.throwIfAborted();
        await this.#options.store.writeState(this.#batch, state);
      });
    await this.#writing;
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
