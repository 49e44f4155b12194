import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { InvalidArgumentError } from "@onestep/core";
import { StorageError } from "../errors.ts";
import { parseJsonRecord } from "../records.ts";
import type { ImagesResponse } from "../service/image-service.ts";
import { attempt, syncFolder, toStorageError, writeNewFile } from "../storage/folder-files.node.ts";
import { lockFolder } from "../storage/folder-lock.node.ts";
import { FolderStorage } from "../storage/folder-storage.node.ts";
import { BulkNames } from "./bulk-names.ts";
import { LineParser, type RequestLine } from "./parse-line.ts";
import { readLines, type TextLine } from "./read-lines.ts";
import { type ResultKind, ResultParts } from "./result-parts.ts";
import { type LineService, runLines } from "./run-lines.node.ts";

/** How far a bulk run is. */
export interface BulkProgress {
  readonly total: number;
  /** Lines with images, and lines with an error. */
  readonly completed: number;
  readonly failed: number;
  /** Lines that this run has finished, and for how many seconds it has been running. */
  readonly finished: number;
  readonly seconds: number;
}

/** How a bulk run ended. */
export interface BulkResult extends BulkProgress {
  /** Whether the signal stopped it. */
  readonly isInterrupted: boolean;
}

/** Options of {@link runBulk}. */
export interface BulkOptions {
  readonly service: LineService;
  /** Is awaited before the first line runs, when the file and the folder have been checked and something is left to do. */
  readonly prepare?: (() => Promise<unknown>) | undefined;
  /** The path of a file with a request in each line, as OpenAI's batches have them. */
  readonly input: string;
  /** The folder for the images. It is made unless it exists. */
  readonly out: string;
  /** The model of lines that name none. */
  readonly model?: string | undefined;
  /** How many lines run at a time; 16 by default. */
  readonly linesInFlight?: number | undefined;
  /** Aborting stops the run. The next run of the same file goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BulkProgress) => void) | undefined;
}

const lineBytes = 26_214_400;

/**
 * Makes the images of a file of requests, into a folder: `<custom_id>.png`, `results.jsonl` and `errors.jsonl`. What is done
 * is recorded in `.onestep` inside the folder: run again with the same file, it goes on where it was, and tries lines again
 * that failed.
 *
 * @example
 * const { completed, failed } = await runBulk({
 *   service: handler.parts.images,
 *   prepare: () => handler.prepare(),
 *   input: "requests.jsonl",
 *   out: "images",
 * });
 * console.log(`${completed} made, ${failed} failed`);
 *
 * @throws InvalidArgumentError if the file cannot be read or has no valid line, or the folder holds the images of another
 * file.
 * @throws StorageInUseError if another process uses the folder.
 * @throws StorageError if the folder cannot be written: a full disk.
 */
export async function runBulk(options: BulkOptions): Promise<BulkResult> {
  const input = await readInput(options.input);
  const folder = resolve(options.out);
  const storage = await FolderStorage.open(join(folder, ".onestep"));
  const lock = await lockFolder(storage.folder);
  try {
    await claimFolder(storage, input, folder);
    return await new BulkRun(options, input, folder, storage).run(lock.signal);
  } finally {
    await lock.release();
  }
}

/**
 * The models that the lines of a file name, in the order in which they first appear; undefined for lines that name none.
 *
 * @example
 * const names = await readBulkModels("requests.jsonl"); // ["SimianLuo/LCM_Dreamshaper_v7", undefined]
 *
 * @throws InvalidArgumentError if the file cannot be read, or has no valid line.
 */
export async function readBulkModels(path: string): Promise<readonly (string | undefined)[]> {
  return (await readInput(path)).models;
}

class BulkRun {
  readonly #options: BulkOptions;
  readonly #input: BulkInput;
  readonly #folder: string;
  readonly #results: ResultParts;

  constructor(options: BulkOptions, input: BulkInput, folder: string, storage: FolderStorage) {
    this.#options = options;
    this.#input = input;
    this.#folder = folder;
    this.#results = new ResultParts(storage, "results/");
  }

  async run(lost: AbortSignal): Promise<BulkResult> {
    const { service, prepare, signal, linesInFlight = 16, model } = this.#options;
    await this.#results.forgetErrors();
    const done = await this.#results.done();
    const doneBefore = done.output.size;
    if (done.output.size < this.#input.total) await prepare?.();
    const startedAt = performance.now();
    const progress = (): BulkProgress => ({
      total: this.#input.total,
      completed: done.output.size,
      failed: done.error.size,
      finished: done.output.size - doneBefore + done.error.size,
      seconds: (performance.now() - startedAt) / 1000,
    });
    this.#options.onProgress?.(progress());
    const failure = new AbortController();
    const stop = AbortSignal.any([failure.signal, lost, ...(signal === undefined ? [] : [signal])]);
    let isInterrupted = false;
    try {
      await runLines({
        ...{ service, done, stop, linesInFlight, endpoint: undefined, results: this.#results },
        lines: openLines(this.#options.input),
        owner: "bulk",
        batchId: `bulk_${this.#input.digest.slice(0, 24)}`,
        end: new AbortController().signal,
        prepareBody: (body) =>
          model === undefined || (body["model"] ?? null) !== null ? body : { ...body, model },
        toResult: (line, answer) => this.#saveImages(line, answer),
        onResult: () => this.#options.onProgress?.(progress()),
        // A full disk does not empty itself.
        onTrouble: (error) => StorageError.isInstance(error) && failure.abort(error),
      });
    } catch (error) {
      if (signal?.aborted !== true || failure.signal.aborted) throw error;
      isInterrupted = true;
    }
    await this.#writeResults("output", "results.jsonl", done.output.size);
    await this.#writeResults("error", "errors.jsonl", done.error.size);
    return { ...progress(), isInterrupted };
  }

  /** Writes the images of a line as files. */
  async #saveImages(line: RequestLine, answer: ImagesResponse): Promise<object> {
    const ending = answer.output_format === "jpeg" ? "jpg" : answer.output_format;
    const data: object[] = [];
    for (const [index, { b64_json: base64 = "", seed }] of answer.data.entries()) {
      const name = this.#input.names.imageName(line.customId, index, answer.data.length);
      const file = `${name}.${ending}`;
      await this.#replace(file, Buffer.from(base64, "base64"));
      data.push({ file, seed });
    }
    return { ...answer, data };
  }

  async #writeResults(kind: ResultKind, name: string, count: number): Promise<void> {
    if (count === 0) return await rm(join(this.#folder, name), { force: true });
    await this.#replace(name, toStream(this.#results.read(kind)));
  }

  /** Writes a file in the folder, which appears whole. */
  async #replace(name: string, data: Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    const aside = join(this.#folder, ".onestep", `.${randomUUID()}`);
    const location = join(this.#folder, name);
    await writeNewFile(aside, data);
    await attempt("write", location, async () => {
      await rename(aside, location).catch(async (error: unknown) => {
        await rm(aside, { force: true });
        throw error;
      });
      await syncFolder(this.#folder);
    });
  }
}

interface BulkInput {
  readonly total: number;
  readonly digest: string;
  readonly names: BulkNames;
  readonly models: readonly (string | undefined)[];
}

async function readInput(path: string): Promise<BulkInput> {
  const names = new BulkNames();
  const parser = new LineParser(undefined);
  const hash = createHash("sha256");
  const models = new Set<string | undefined>();
  let total = 0;
  let valid = 0;
  let firstFault = "it is empty";
  for await (const text of openLines(path)) {
    hash.update("text" in text ? text.text : text.fault).update("\n");
    total += 1;
    const line = parser.parse(text);
    if ("fault" in line) {
      if (total === 1) firstFault = `line ${line.number}: ${line.fault.message}`;
      continue;
    }
    valid += 1;
    await names.add(line.customId);
    const { model } = line.body;
    models.add(typeof model === "string" ? model : undefined);
  }
  if (valid > 0) return { total, digest: hash.digest("hex"), names, models: [...models] };
  throw new InvalidArgumentError({
    subject: path,
    found: firstFault,
    expected:
      'a line such as {"custom_id": "1", "method": "POST", "url": "/v1/images/generations", "body": {…}}',
    remedy: "Write one request in each line.",
  });
}

async function* openLines(path: string): AsyncGenerator<TextLine> {
  const file = createReadStream(path);
  try {
    yield* readLines(Readable.toWeb(file) as ReadableStream<Uint8Array>, lineBytes);
  } catch (error) {
    throw toInputError(path, error);
  } finally {
    file.destroy();
  }
}

function toInputError(path: string, error: unknown): unknown {
  const failure = toStorageError("read", path, error);
  if (!StorageError.isInstance(failure) || failure.problem === undefined) return failure;
  return new InvalidArgumentError(
    { ...failure.problem, remedy: "Check the path of the file." },
    { cause: error },
  );
}

/** The images of two files in one folder would replace each other. */
async function claimFolder(storage: FolderStorage, { digest }: BulkInput, folder: string): Promise<void> {
  const record = new TextEncoder().encode(JSON.stringify({ digest }));
  if (await storage.put("input.json", record)) return;
  const known = parseJsonRecord(await storage.get("input.json"));
  if (known?.["digest"] === digest) return;
  throw new InvalidArgumentError({
    subject: folder,
    found: "the images of another file of requests",
    expected: "an empty folder, or one that this file was run into before",
    remedy: "Name another folder, or delete this one.",
  });
}

function toStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}
