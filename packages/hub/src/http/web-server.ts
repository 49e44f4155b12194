import { ServerError } from "../errors.ts";
import { toServerFailure } from "../hub-api/failure.ts";
import { describeUrl } from "./connection-failure.ts";
import { type HttpRequest, sendRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";

/** How to request files from a web server. */
type WebFolderRequest = Pick<HttpRequest, "headers" | "signal">;

/** That a server has no such file. */
interface NoWebFile {
  /** Its response: `HTTP 404`, `a page of HTML`. */
  readonly missing: string;
}

/** Typical files of a model folder; at least one of them exists. */
const usualPaths = [
  "model_index.json",
  "config.json",
  "scheduler_config.json",
  "unet/config.json",
  "scheduler/scheduler_config.json",
];

/** A folder on a plain web server. It cannot be listed, and no token is ever sent to it. */
export class WebFolder {
  /** The folder's URL without a query, which may contain a signature, and without a trailing slash. */
  readonly name: string;
  readonly #url: URL;
  readonly #connection: Pick<HttpRequest, "fetch" | "timeout" | "redirects">;
  /** A file of the folder that the server has returned. */
  #served: string | undefined;

  constructor(url: URL, connection: Pick<HttpRequest, "fetch" | "timeout" | "redirects">) {
    this.name = describeUrl(url).replace(/\/+$/, "");
    this.#url = url;
    this.#connection = connection;
  }

  /** What a response depends on, in addition to the file: see `SharedTasks`. */
  get caller(): readonly unknown[] {
    const { fetch, timeout } = this.#connection;
    return [this.#url.href, fetch, timeout.seconds];
  }

  /** The URL of a file in the folder; the query of the folder's URL is kept. */
  fileUrl(path: string): URL {
    const url = new URL(`${this.name}/${path.split("/").map(encodeURIComponent).join("/")}`);
    url.search = this.#url.search;
    return url;
  }

  /**
   * Requests a file. An HTML page in place of another file counts as a missing file: that is how many servers respond. So
   * does a 403 if other files of the folder can be downloaded: that is how storage without listings (S3) responds.
   *
   * @returns A response of status 200, 206, 304 or 416, or that there is no such file.
   * @throws ServerError for any other status; ConnectionError.
   */
  async request(path: string, request: WebFolderRequest): Promise<HttpResponse | NoWebFile> {
    const response = await this.#ask(path, request);
    const isPage = isPageInstead(response, path);
    if ([200, 206, 304, 416].includes(response.status) && !isPage) {
      this.#served = path;
      return response;
    }
    await response.discard();
    if (isPage && response.status < 400) return { missing: "a page of HTML" };
    const { status } = response;
    const isMissing =
      status === 404 || status === 410 || (status === 403 && (await this.#serves(path, request)));
    if (isMissing) return { missing: `HTTP ${status}` };
    throw toServerFailure(response);
  }

  #ask(path: string, request: WebFolderRequest): Promise<HttpResponse> {
    const headers = this.#connection.redirects === "here" ? request.headers : simpleHeaders(request.headers);
    return sendRequest({ ...this.#connection, ...request, url: this.fileUrl(path), headers: headers ?? {} });
  }

  /** Whether any other file of the folder can be downloaded. */
  async #serves(path: string, { signal }: WebFolderRequest): Promise<boolean> {
    for (const other of this.#served === undefined ? usualPaths : [this.#served]) {
      if (other === path) continue;
      const response = await this.#ask(other, { signal });
      await response.discard();
      if (response.status !== 200 || isPageInstead(response, other)) continue;
      this.#served = other;
      return true;
    }
    return false;
  }

  /** The error for a response that contradicts itself. */
  badAnswer(path: string, response: HttpResponse, found: string, expected: string): ServerError {
    return new ServerError(
      {
        subject: describeUrl(this.fileUrl(path)),
        found,
        expected,
        remedy: "Check the web server, and any proxy before it.",
      },
      { status: response.status },
    );
  }
}

/**
 * The headers that a page may send to any server. For other headers, a browser sends a preflight request first, which
 * few static file servers grant.
 */
function simpleHeaders(headers: WebFolderRequest["headers"]): Readonly<Record<string, string>> {
  const range = headers?.["Range"];
  return range === undefined ? {} : { Range: range };
}

function isPageInstead(response: HttpResponse, path: string): boolean {
  const type = response.headers.get("Content-Type") ?? "";
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(type) && !/\.html?$/i.test(path);
}
