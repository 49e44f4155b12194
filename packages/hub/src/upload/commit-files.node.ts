import { setMaxListeners } from "node:events";
import type { CommitOutput } from "@huggingface/hub";
import { errorMessage, OnestepError, type ProgressListener } from "@onestep/core";
import { ServerError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { ProgressReporter } from "../repository-file.ts";
import { joinEndpoint } from "../settings.ts";
import {
  checkBatchAnswer,
  checkPreuploadAnswer,
  type LargeObject,
  type Verification,
} from "./upload-answers.ts";
import type { UploadFile } from "./upload-files.ts";
import { SourceBlob, type UploadTransport } from "./upload-transport.ts";

/** What to commit, and where. */
export interface CommitRequest {
  /** `owner/name`. */
  readonly id: string;
  readonly branch: string;
  readonly files: readonly UploadFile[];
  /** Paths to remove. */
  readonly removed: readonly string[];
  readonly message: string;
  readonly description: string | undefined;
  readonly isPullRequest: boolean;
  readonly progress: UploadProgress;
  readonly signal: AbortSignal | undefined;
}

/**
 * Uploads files and commits them, by means of @huggingface/hub, which is loaded when it is first needed: it asks which
 * files are large, hashes them, sends them whole or in parts, and writes the commit. What it lacks is added here: its
 * requests go through the transport, its answers are checked before it sees them, files that were sent are verified as
 * Python does, and the first thing that fails ends all of it.
 *
 * @throws HubError; what reading a file throws; the reason of `signal`.
 */
export async function commitFiles(transport: UploadTransport, request: CommitRequest): Promise<CommitOutput> {
  request.signal?.throwIfAborted();
  const upload = new Upload(transport, request);
  try {
    return await upload.run();
  } catch (error) {
    request.signal?.throwIfAborted();
    if (upload.isKnown(error) || OnestepError.isInstance(error)) throw error;
    throw unexpected(transport, error);
  } finally {
    upload.stop();
  }
}

class Upload {
  readonly #transport: UploadTransport;
  readonly #request: CommitRequest;
  readonly #controller = new AbortController();
  readonly #failures = new Set<unknown>();
  readonly #verifications: Verification[] = [];
  /** Where parts of large files go, whose ETag is needed. */
  readonly #partAddresses = new Set<string>();
  /** Rejects with the first thing that fails. @huggingface/hub may wait for ever after some failures. */
  readonly #failure: Promise<never>;
  #fail: (error: unknown) => void = () => {};

  constructor(transport: UploadTransport, request: CommitRequest) {
    this.#transport = transport;
    this.#request = request;
    this.#failure = new Promise((_resolve, reject) => {
      this.#fail = (error) => {
        this.#failures.add(error);
        reject(error);
      };
    });
    this.#failure.catch(() => {});
    // Every part of a large file that is under way listens.
    setMaxListeners(0, this.#controller.signal);
    request.signal?.addEventListener("abort", this.#onCallerAbort);
  }

  /** Whether a request or a file gave this error, and not @huggingface/hub itself. */
  isKnown(error: unknown): boolean {
    return this.#failures.has(error);
  }

  /** Ends what is still under way, and lets go of the caller's signal. */
  stop(): void {
    this.#request.signal?.removeEventListener("abort", this.#onCallerAbort);
    this.#controller.abort();
  }

  async run(): Promise<CommitOutput> {
    const { id, branch, files, removed, message, description, isPullRequest, progress } = this.#request;
    const { commitIter } = await import("@huggingface/hub");
    const events = commitIter({
      repo: { type: "model", name: id },
      branch,
      title: message,
      ...(description === undefined ? {} : { description }),
      isPullRequest,
      operations: [
        ...files.map((file) => ({
          operation: "addOrUpdate" as const,
          path: file.path,
          content: new SourceBlob(this.#watchFile(file)),
        })),
        ...removed.map((path) => ({ operation: "delete" as const, path })),
      ],
      hubUrl: describeUrl(this.#transport.endpoint).replace(/\/+$/, ""),
      useXet: false,
      fetch: (input, init) => this.#send(new URL(input instanceof Request ? input.url : input), init ?? {}),
      abortSignal: this.#controller.signal,
    });
    for (;;) {
      const next = events.next();
      next.catch(() => {});
      const { done, value } = await Promise.race([next, this.#failure]);
      if (done === true) {
        if (typeof value?.commit.oid !== "string") throw new Error("no commit in the answer");
        progress.committed();
        return value;
      }
      if (value.event === "phase") {
        if (value.phase === "committing") await this.#verify();
      } else if (value.state === "uploading" && value.progress === 1) {
        progress.arrived(value.path);
      }
    }
  }

  #watchFile(file: UploadFile): UploadFile {
    const read: UploadFile["read"] = async (start, end) => {
      try {
        return await file.read(start, end, { signal: this.#controller.signal });
      } catch (error) {
        this.#fail(error);
        throw error;
      }
    };
    return { path: file.path, size: file.size, read };
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    try {
      const response = await this.#transport.send(
        url,
        { ...init, signal: this.#controller.signal },
        { repeats: !this.#isCall(url, "commit") },
      );
      return await this.#check(url, init, response);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Checks an answer before @huggingface/hub relies on it. */
  async #check(url: URL, init: RequestInit, response: Response): Promise<Response> {
    if (this.#partAddresses.has(url.href) && !response.headers.has("ETag")) {
      throw unexpected(this.#transport, "no ETag for a part of a large file");
    }
    if (this.#isCall(url, "preupload")) {
      const sizes = new Map(this.#request.files.map(({ path, size }) => [path, size]));
      const { files } = JSON.parse(String(init.body)) as { files: { path: string }[] };
      const asked = new Map(files.map(({ path }) => [path, sizes.get(path) ?? 0]));
      checkPreuploadAnswer(url, await readJson(this.#transport, response.clone()), asked);
    }
    if (!url.pathname.endsWith("/info/lfs/objects/batch")) return response;
    const { objects } = JSON.parse(String(init.body)) as { objects: LargeObject[] };
    const place = { endpoint: this.#transport.endpoint, url };
    const { answer, parts, verifications } = checkBatchAnswer(
      place,
      await readJson(this.#transport, response),
      objects,
    );
    this.#verifications.push(...verifications);
    for (const part of parts) this.#partAddresses.add(part);
    return Response.json(answer);
  }

  #isCall(url: URL, name: "commit" | "preupload"): boolean {
    const path = `/api/models/${this.#request.id}/${name}/`;
    return url.pathname.startsWith(joinEndpoint(this.#transport.endpoint, path).pathname);
  }

  async #verify(): Promise<void> {
    for (const { url, oid, size } of this.#verifications.splice(0)) {
      await this.#transport.send(url, {
        method: "POST",
        headers: { "Content-Type": "application/vnd.git-lfs+json" },
        body: JSON.stringify({ oid, size }),
        signal: this.#controller.signal,
      });
    }
  }

  readonly #onCallerAbort = (): void => {
    this.#controller.abort(this.#request.signal?.reason);
  };
}

async function readJson(transport: UploadTransport, response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw unexpected(transport, "an answer that is not JSON");
  }
}

function unexpected({ endpoint }: UploadTransport, error: unknown): ServerError {
  return new ServerError(
    {
      subject: describeUrl(endpoint),
      found: errorMessage(error),
      expected: "answers as the Hub gives them",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it, and that no proxy is in the way.",
    },
    { status: 200, cause: error },
  );
}

interface FileProgress {
  readonly reporter: ProgressReporter;
  sentBytes: number;
}

/** Tells a listener how an upload goes, file by file. */
export class UploadProgress {
  readonly #listener: ProgressListener;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #started = new Map<string, FileProgress>();
  readonly #ended = new Set<string>();

  constructor(files: readonly UploadFile[], listener: ProgressListener = () => {}) {
    this.#sizes = new Map(files.map(({ path, size }) => [path, size]));
    this.#listener = listener;
  }

  /** So many bytes of a file have been sent; where negative, so many have to be sent again. */
  sent(path: string, bytes: number): void {
    const progress = this.#started.get(path) ?? this.#start(path);
    progress.sentBytes += bytes;
    progress.reporter.progress(progress.sentBytes);
  }

  /** A large file has arrived; it had before where nothing of it was sent. */
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

  /** All is committed, and with it the small files. */
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
