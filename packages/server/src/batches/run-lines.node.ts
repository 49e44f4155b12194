import { setMaxListeners } from "node:events";
import { QueueUnavailableError, StorageError } from "../errors.ts";
import { ApiError } from "../http/api-error.ts";
import { randomId } from "../ids.ts";
import type { ImageService, ImagesResponse, ImagesResult } from "../service/image-service.ts";
import { type BatchEndpoint, type FaultyLine, LineParser, type RequestLine } from "./parse-line.ts";
import type { TextLine } from "./read-lines.ts";
import type { DoneLines, ResultKind, ResultParts } from "./result-parts.ts";

/** What makes the images of a line. */
export type LineService = Pick<ImageService, "create" | "discard">;

/** Why a batch ends before all of its lines have been run: the code of the errors of the others. */
export type EndReason = "batch_expired" | "batch_cancelled";

/** Options of {@link runLines}. */
export interface RunLinesOptions {
  readonly lines: AsyncIterable<TextLine>;
  readonly endpoint: BatchEndpoint | undefined;
  /** Lines with results, which are not run again. New ones are added. */
  readonly done: DoneLines;
  readonly results: ResultParts;
  readonly service: LineService;
  readonly owner: string;
  /** The beginning of the ids of the jobs. */
  readonly batchId: string;
  /** How many lines run at a time. */
  readonly linesInFlight: number;
  /** Aborting leaves the lines that have no result. */
  readonly stop: AbortSignal;
  /** Aborting, with an {@link EndReason}, gives the lines that have no result an error. */
  readonly end: AbortSignal;
  readonly prepareBody?: ((body: RequestLine["body"]) => RequestLine["body"]) | undefined;
  /** What the result of a line holds; the answer by default. */
  readonly toResult?: ((line: RequestLine, answer: ImagesResponse) => Promise<object>) | undefined;
  readonly onResult?: (() => void) | undefined;
  /** Hears of failures that make lines wait. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
  /** How long to wait before the first repetition, in milliseconds; a second by default. */
  readonly patience?: number | undefined;
}

const longestWait = 30_000;
const otherTries = 3;
/** How often a service may have been restarted between an image and its result. */
const mostAgain = 100;

/**
 * Runs the lines of a batch. Each result is in the storage before the next line takes its place. Overload, and a storage
 * or a queue that is away, make a line wait, not fail.
 *
 * @throws The reason of `stop`, when nothing is written any more.
 */
export async function runLines(options: RunLinesOptions): Promise<void> {
  const { lines, endpoint, done, linesInFlight, stop, end } = options;
  const parser = new LineParser(endpoint);
  const running = new Set<Promise<void>>();
  const failed = new AbortController();
  const both = AbortSignal.any([stop, end, failed.signal]);
  // Every line in flight listens to it.
  setMaxListeners(0, both);
  try {
    for await (const text of lines) {
      stop.throwIfAborted();
      failed.signal.throwIfAborted();
      const line = parser.parse(text);
      if (done.output.has(line.number) || done.error.has(line.number)) continue;
      const run = runLine(line, options, both)
        .catch((error: unknown) => failed.abort(error))
        .finally(() => running.delete(run));
      running.add(run);
      if (running.size >= linesInFlight) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  stop.throwIfAborted();
  failed.signal.throwIfAborted();
}

async function runLine(
  line: RequestLine | FaultyLine,
  options: RunLinesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { done, results, batchId, stop, patience = 1000, onResult, onTrouble } = options;
  const id = `batch_req_${batchId.slice(batchId.indexOf("_") + 1)}_${line.number}`;
  const { kind, stored, ...fields } = await makeResult(line, options, signal);
  const result = { id, custom_id: line.customId, ...fields };
  for (let tries = 0; ; tries++) {
    try {
      await results.add(kind, line.number, result);
      break;
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error;
      onTrouble?.(error);
      await wait(backoff(tries, patience), stop);
      stop.throwIfAborted();
    }
  }
  // What is not deleted now expires later.
  if (stored.length > 0) await options.service.discard(stored).catch(() => {});
  done[kind].add(line.number);
  onResult?.();
}

/** A line of the output or of the errors, without its ids. */
interface LineResult {
  readonly kind: ResultKind;
  /** What the images left in the storage. */
  readonly stored: readonly string[];
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: object;
  } | null;
  readonly error: { readonly code: string; readonly message: string; readonly line?: number } | null;
}

async function makeResult(
  line: RequestLine | FaultyLine,
  options: RunLinesOptions,
  signal: AbortSignal,
): Promise<LineResult> {
  if ("fault" in line) {
    const { code, message } = line.fault;
    return failedLine(null, { code, message, line: line.number });
  }
  const { end, stop, patience = 1000, toResult = async (_line, answer) => answer } = options;
  const requestId = randomId("req");
  let again = 0;
  for (let tries = 0, otherFailures = 0; ; tries++) {
    let failure: unknown;
    if (!end.aborted) {
      try {
        const { response: answer, stored } = await callService(line, requestId, again, options, signal);
        const body = await toResult(line, answer);
        const response = { status_code: 200, request_id: requestId, body };
        return { kind: "output", stored, response, error: null };
      } catch (error) {
        failure = error;
      }
    }
    stop.throwIfAborted();
    if (end.aborted) return endResult(end.reason as EndReason);
    // The job is known, and its image is not there any more: it is made under another id.
    const isGone = failure instanceof ApiError && failure.code === "result_expired" && again < mostAgain;
    if (isGone) {
      again += 1;
      continue;
    }
    if (isPassing(failure)) options.onTrouble?.(failure);
    else {
      const shown = failure instanceof ApiError ? failure : internal(failure);
      otherFailures += 1;
      if (!shown.shouldRetry || otherFailures >= otherTries) {
        return failedLine({ status_code: shown.status, request_id: requestId, body: shown.toBody() }, null);
      }
    }
    const asked = failure instanceof ApiError ? failure.retryAfter : undefined;
    await wait(asked === undefined ? backoff(tries, patience) : asked * patience, signal);
  }
}

async function callService(
  line: RequestLine,
  requestId: string,
  again: number,
  { service, owner, batchId, prepareBody = (body) => body }: RunLinesOptions,
  signal: AbortSignal,
): Promise<ImagesResult> {
  const suffix = again === 0 ? "" : `-again${again}`;
  return await service.create(line.url, prepareBody(line.body), {
    owner,
    signal,
    requestId,
    priority: "batch",
    durable: true,
    jobId: `${batchId}-${line.number}${suffix}`,
  });
}

/** Whether a failure says nothing of the line: an overload, or a storage or a queue that is away. */
function isPassing(failure: unknown): boolean {
  if (failure instanceof ApiError) return failure.shouldRetry && [429, 503].includes(failure.status);
  return StorageError.isInstance(failure) || QueueUnavailableError.isInstance(failure);
}

function internal(cause: unknown): ApiError {
  const message = "Something went wrong on the server.";
  return new ApiError({ status: 500, code: "server_error", message, cause });
}

function endResult(code: EndReason): LineResult {
  const message =
    code === "batch_expired"
      ? "The request was not run before the batch expired."
      : "The batch was cancelled before the request was run.";
  return failedLine(null, { code, message });
}

function failedLine(response: LineResult["response"], error: LineResult["error"]): LineResult {
  return { kind: "error", stored: [], response, error };
}

function backoff(tries: number, patience: number): number {
  return Math.min(longestWait, patience * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);
}

/** Waits, at most until the signal aborts. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
  });
}
