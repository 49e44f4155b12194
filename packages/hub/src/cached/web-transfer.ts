import { IntegrityError } from "../errors/integrity-error.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { readRangeStart, readTotalSize } from "../http/read-content-range.ts";
import { readSize } from "../http/read-size.ts";
import type { Patience } from "../http/request-watch.ts";
import type { WebFolder } from "../web/web-folder.ts";
import type { Incoming } from "./receive-file.ts";
import { readVersion } from "./web-version.ts";

/** What a transfer needs to ask for more. */
export interface WebTransferRequest {
  readonly folder: WebFolder;
  readonly path: string;
  readonly downloadPatience: Patience;
}

/** Brings the bytes of one version of a file of a web server, from any place on. */
export class WebTransfer {
  /** Length in bytes, where the server tells. */
  readonly size: number | undefined;
  /** What the server says of the length, right or not: see `HttpAnswer.bodySize`. */
  readonly announcedSize: number | undefined;
  /** What names the version; `undefined` where nothing does, and a transfer always begins at the start. */
  readonly version: string | undefined;
  readonly #request: WebTransferRequest;
  readonly #signal: AbortSignal;

  constructor(request: WebTransferRequest, first: HttpAnswer, signal: AbortSignal) {
    this.#request = request;
    this.#signal = signal;
    this.size = first.bodySize;
    this.announcedSize = readSize(first.headers.get("Content-Length"));
    this.version = readVersion(first.headers);
  }

  /** The bytes of an answer that begins at a place in the file. */
  take(answer: HttpAnswer, offset: number): Incoming {
    const chunks = answer.passingChunks(this.#request.downloadPatience);
    const size = offset === 0 ? undefined : readTotalSize(answer.headers);
    return { offset, size, chunks, discard: () => answer.discard() };
  }

  /** Asks for the bytes from a place on. @throws IntegrityError where the server has another version now. */
  async request(offset: number): Promise<Incoming> {
    const { folder, path } = this.#request;
    const range =
      offset === 0 || this.version === undefined
        ? {}
        : { Range: `bytes=${offset}-`, "If-Range": this.version };
    const headers = { "Accept-Encoding": "identity", ...range };
    const answer = await folder.request(path, { headers, signal: this.#signal });
    if ("missing" in answer) throw this.#changed(answer.missing);
    const isPart = answer.status === 206 && readRangeStart(answer.headers) === offset && offset > 0;
    const isSame = readVersion(answer.headers) === this.version;
    const isWhole =
      answer.status === 200 && readSize(answer.headers.get("Content-Length")) === this.announcedSize;
    if (isSame && (isPart || isWhole)) {
      return this.take(answer, isPart ? offset : 0);
    }
    await answer.discard();
    throw this.#changed(isSame ? `HTTP ${answer.status}` : "another version of it");
  }

  #changed(found: string): IntegrityError {
    return new IntegrityError({
      subject: this.#request.folder.fileUrl(this.#request.path).pathname,
      found,
      expected: "the file of a moment ago",
      remedy: "It was changed on the server meanwhile. Try again.",
    });
  }
}
