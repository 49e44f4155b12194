import { setMaxListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { CommitOutput, CommitProgressEvent, commitIter } from "@huggingface/hub";
import type { ProgressListener } from "@onestep/core";
import { ServerError, UploadRejectedError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { quoteServer } from "../hub-api/failure.ts";
import { ProgressReporter } from "../repository-file.ts";
import { type ContentIds, SourceBlob } from "./source-blob.node.ts";
import type { UploadClient } from "./upload-client.node.ts";
import type { UploadFile } from "./upload-files.ts";

/** What to commit, and where. */
export interface CommitRequest {
  /** `owner/name`. */
  readonly id: string;
  readonly branch: string;
  /** The commit that the branch must be at; any by default. */
  readonly parentCommit: string | undefined;
  readonly files: readonly UploadFile[];
  /** Paths to remove. */
  readonly removed: readonly string[];
  readonly message: string;
  readonly description: string | undefined;
  readonly isPullRequest: boolean;
  readonly progress: UploadProgress;
  readonly signal: AbortSignal | undefined;
}

/** A commit that was made. */
export interface MadeCommit extends CommitOutput {
  /** The ids of the contents that were sent, by path. */
  readonly contents: ReadonlyMap<string, ContentIds>;
}

/**
 * Uploads files and commits them with `commitIter` of @huggingface/hub: it asks which files are large, hashes them, sends
 * them whole or in parts, and writes the commit. The first thing that fails ends all of it.
 *
 * @throws HubError; what reading a file throws; the reason of `signal`.
 */
export async function commitFiles(client: UploadClient, request: CommitRequest): Promise<MadeCommit> {
  const { signal } = request;
  signal?.throwIfAborted();
  const controller = new AbortController();
  // Every part of a large file being sent adds a listener.
  setMaxListeners(0, controller.signal);
  const onAbort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    return await new Upload(client, request, controller).run();
  } finally {
    signal?.removeEventListener("abort", onAbort);
    controller.abort();
  }
}

class Upload {
  readonly #client: UploadClient;
  readonly #request: CommitRequest;
  /** Aborted by the first thing that fails, with what it threw. */
  readonly #controller: AbortController;
  readonly #blobs: readonly SourceBlob[];
  readonly #largeFiles = new Set<string>();
  /** The SHA-256 of the contents that the endpoint has, or said where to send. */
  readonly #placed = new Set<string>();
  #isCommitting = false;

  constructor(client: UploadClient, request: CommitRequest, controller: AbortController) {
    this.#client = client;
    this.#request = request;
    this.#controller = controller;
    const { signal } = controller;
    this.#blobs = request.files.map(
      (file) =>
        new SourceBlob({
          path: file.path,
          size: file.size,
          read: (start, end) => this.#attempt(() => file.read(start, end, { signal })),
        }),
    );
  }

  async run(): Promise<MadeCommit> {
    const { id, branch, description, isPullRequest, message, parentCommit } = this.#request;
    const { signal } = this.#controller;
    const failure = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    failure.catch(() => {});
    const library = await import("@huggingface/hub");
    const events = library.commitIter({
      ...this.#client.parameters((input, init) => this.#attempt(() => this.#send(input, init))),
      repo: { type: "model", name: id },
      branch,
      title: message,
      ...(description === undefined ? {} : { description }),
      ...(parentCommit === undefined ? {} : { parentCommit }),
      isPullRequest,
      operations: [
        ...this.#blobs.map((content) => ({
          operation: "addOrUpdate" as const,
          path: content.path,
          content,
        })),
        ...this.#request.removed.map((path) => ({ operation: "delete" as const, path })),
      ],
      useXet: false,
      abortSignal: signal,
    });
    const made = this.#consume(events);
    made.catch(() => {});
    // The library may never settle after a failure.
    const output = await Promise.race([made, failure]);
    if (typeof output?.commit.oid !== "string") throw this.#client.unexpected("no commit in the response");
    this.#request.progress.committed();
    return { ...output, contents: this.#contents() };
  }

  /**
   * Reads the library's events to the end, even after a failure: an error that it rejects with later would otherwise end
   * the process.
   */
  async #consume(events: ReturnType<typeof commitIter>): Promise<CommitOutput | undefined> {
    const { signal } = this.#controller;
    for (;;) {
      const { done, value } = await events.next().catch((error: unknown) => {
        throw signal.aborted ? signal.reason : this.#client.unexpected(error);
      });
      if (done === true) return value;
      try {
        if (!signal.aborted) this.#handle(value);
      } catch (error) {
        this.#controller.abort(error);
      }
    }
  }

  #handle(event: CommitProgressEvent): void {
    if (event.event === "phase") {
      if (event.phase === "committing") this.#startCommit();
    } else if (event.state === "hashing") this.#largeFiles.add(event.path);
    else if (event.progress === 1) this.#request.progress.arrived(event.path);
  }

  /**
   * Runs an operation for the library, and passes on the result in a separate task: if an error arrives together with
   * another event, the library loses it in an unhandled rejection, which ends the process.
   */
  async #attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#controller.abort(error);
      throw error;
    } finally {
      await setImmediate();
    }
  }

  async #send(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const { signal } = this.#controller;
    const response = await this.#client.send(input, { ...init, signal }, { repeats: !this.#isCommitting });
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    const { objects } = asRecord(body) ?? {};
    if (Array.isArray(objects)) this.#checkLargeObjects(objects.map(asRecord));
    return response;
  }

  /**
   * Checks where to send large files. If the library found a refused or malformed entry next to others, the process would
   * end with an unhandled rejection.
   */
  #checkLargeObjects(objects: readonly (Readonly<Record<string, unknown>> | undefined)[]): void {
    const url = this.#client.endpoint;
    const files = new Map(this.#blobs.map((blob) => [blob.ids?.sha256, blob]));
    for (const object of objects) {
      const oid = object?.["oid"];
      const file = typeof oid === "string" ? files.get(oid) : undefined;
      if (object === undefined || file === undefined) throw badObjects(url, "a file that was not announced");
      const error = asRecord(object["error"]);
      if (error !== undefined) throw rejected(url, file, error["message"]);
      const header = asRecord(asRecord(asRecord(object["actions"])?.["upload"])?.["header"]);
      if (!hasAllParts(header, file.size)) throw badObjects(url, `other parts than those of ${file.path}`);
      this.#placed.add(String(oid));
    }
  }

  /** A commit is sent once, and only if the endpoint has placed all large files. */
  #startCommit(): void {
    this.#isCommitting = true;
    const lost = this.#blobs.find(
      ({ ids, path }) => this.#largeFiles.has(path) && !this.#placed.has(ids?.sha256 ?? ""),
    );
    if (lost !== undefined) throw badObjects(this.#client.endpoint, `nothing about ${lost.path}`);
  }

  #contents(): ReadonlyMap<string, ContentIds> {
    return new Map(this.#blobs.flatMap(({ ids, path }) => (ids === undefined ? [] : [[path, ids]])));
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
}

/** Whether the addresses of a large file are those of its parts, each once; a file without parts is sent as a whole. */
function hasAllParts(header: Readonly<Record<string, unknown>> = {}, size: number): boolean {
  const { chunk_size: chunkSize } = header;
  if (chunkSize === undefined) return true;
  const partBytes = /^\d+$/.test(String(chunkSize)) ? Number(chunkSize) : 0;
  const numbers = Object.keys(header)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((first, second) => first - second);
  const isWhole = numbers.every((number, index) => number === index + 1);
  return isWhole && numbers.length === Math.ceil(size / partBytes);
}

function rejected(url: URL, { path, size }: SourceBlob, message: unknown): UploadRejectedError {
  return new UploadRejectedError({
    subject: `${path} (${size} bytes) for ${describeUrl(url)}`,
    found: `a refusal${quoteServer(typeof message === "string" ? message : null)}`,
    expected: "an endpoint that takes it",
    remedy: "Correct what it objects to, and upload again.",
  });
}

function badObjects(url: URL, found: string): ServerError {
  return new ServerError(
    {
      subject: describeUrl(url),
      found,
      expected: "where to send each large file, as the Hub says it",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: 200 },
  );
}

interface FileProgress {
  readonly reporter: ProgressReporter;
  sentBytes: number;
}

/** Reports the progress of an upload to a listener, file by file. */
export class UploadProgress {
  readonly #listener: ProgressListener;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #started = new Map<string, FileProgress>();
  readonly #ended = new Set<string>();

  constructor(files: readonly UploadFile[], listener: ProgressListener = () => {}) {
    this.#sizes = new Map(files.map(({ path, size }) => [path, size]));
    this.#listener = listener;
  }

  /** Bytes of a file were sent; if negative, they have to be sent again. */
  sent(path: string, bytes: number): void {
    const progress = this.#started.get(path) ?? this.#start(path);
    progress.sentBytes += bytes;
    progress.reporter.progress(progress.sentBytes);
  }

  /** A large file has arrived. If nothing of it was sent, the Hub already had it. */
  arrived(path: string): void {
    if (this.#ended.has(path)) return;
    this.#ended.add(path);
    const totalBytes = this.#sizes.get(path) ?? 0;
    const progress = this.#started.get(path);
    if (progress === undefined) {
      this.#listener({ type: "file-start", file: path, totalBytes, cached: true });
      this.#listener({ type: "file-end", file: path, totalBytes, cached: true });
    } else {
      progress.reporter.end(totalBytes);
    }
  }

  /** Everything is committed, including the small files. */
  committed(): void {
    for (const [path, size] of this.#sizes) {
      if (this.#ended.has(path)) continue;
      if (!this.#started.has(path)) this.sent(path, size);
      this.arrived(path);
    }
  }

  #start(path: string): FileProgress {
    const reporter = new ProgressReporter(path, this.#sizes.get(path), this.#listener);
    const progress = { reporter, sentBytes: 0 };
    this.#started.set(path, progress);
    reporter.start();
    return progress;
  }
}
