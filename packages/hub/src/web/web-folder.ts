import { ServerError } from "../errors/server-error.ts";
import { describeUrl } from "../http/describe-url.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { type HttpRequest, sendRequest } from "../http/send-request.ts";
import { toServerFailure } from "../hub-api/hub-failure.ts";

/** How to ask a web server for files. */
export type WebFolderRequest = Pick<HttpRequest, "headers" | "signal">;

/** A folder on a plain web server. It cannot be listed, and no token is ever sent to it. */
export class WebFolder {
  /** The folder's address without a query, which may hold a signature, and without a slash at its end. */
  readonly name: string;
  readonly #url: URL;
  readonly #connection: Pick<HttpRequest, "fetch" | "patience" | "redirects">;

  constructor(url: URL, connection: Pick<HttpRequest, "fetch" | "patience" | "redirects">) {
    this.name = describeUrl(url).replace(/\/+$/, "");
    this.#url = url;
    this.#connection = connection;
  }

  /** What an answer depends on, besides the file: see `SharedTasks`. */
  get caller(): readonly unknown[] {
    const { fetch, patience } = this.#connection;
    return [this.#url.href, fetch, patience.seconds];
  }

  /** The address of a file in the folder; a query of the folder's address is kept. */
  fileUrl(path: string): URL {
    const url = new URL(`${this.name}/${path.split("/").map(encodeURIComponent).join("/")}`);
    url.search = this.#url.search;
    return url;
  }

  /**
   * Asks for a file. A page of HTML where no page was asked for counts as no file: that is how many servers answer for
   * what they do not have.
   *
   * @returns An answer of status 200, 206, 304 or 416; `undefined` where there is no such file.
   * @throws ServerError for any other status; ConnectionError.
   */
  async request(path: string, request: WebFolderRequest): Promise<HttpAnswer | undefined> {
    const headers = this.#connection.redirects === "here" ? request.headers : simpleHeaders(request.headers);
    const url = this.fileUrl(path);
    const answer = await sendRequest({ ...this.#connection, ...request, url, headers: headers ?? {} });
    if ([200, 206, 304, 416].includes(answer.status) && !isPageInstead(answer, path)) return answer;
    await answer.discard();
    if (answer.status === 404 || answer.status === 410 || answer.status < 300) return undefined;
    throw toServerFailure(answer);
  }

  /** The error for an answer that contradicts itself. */
  badAnswer(path: string, answer: HttpAnswer, found: string, expected: string): ServerError {
    return new ServerError(
      {
        subject: describeUrl(this.fileUrl(path)),
        found,
        expected,
        remedy: "Check the web server, and any proxy before it.",
      },
      { status: answer.status },
    );
  }
}

/**
 * The headers that a page may send to any server. Others a browser sends only where the server has answered another
 * request that it may, and few servers of plain files do.
 */
function simpleHeaders(headers: WebFolderRequest["headers"]): Readonly<Record<string, string>> {
  const range = headers?.["Range"];
  return range === undefined ? {} : { Range: range };
}

function isPageInstead(answer: HttpAnswer, path: string): boolean {
  const type = answer.headers.get("Content-Type") ?? "";
  return /^text\/html\b/i.test(type) && !/\.html?$/i.test(path);
}
