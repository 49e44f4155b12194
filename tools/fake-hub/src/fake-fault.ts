import type { LoggedRequest } from "./request-log.ts";

/** A fault injected into matching requests. Omitted fields change nothing. */
export interface FakeFault {
  /** Part of the path of the affected requests. All by default. */
  readonly path?: string;
  /** The affected method. All by default. */
  readonly method?: string;
  /** The affected host. Both by default. */
  readonly host?: LoggedRequest["host"];
  /** How many requests are affected. All by default. */
  readonly times?: number;
  /** Responds with this status, these headers, and no body. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Responds with this body and status 200 to any request. */
  readonly body?: string;
  /** Cuts the connection after this many bytes of a longer body; before the response if negative. */
  readonly dropAfterBytes?: number;
  /** Stalls after this many bytes of a longer body; before the response if negative. */
  readonly stallAfterBytes?: number;
  /** Sends the whole file, ignoring the requested range. */
  readonly ignoreRange?: boolean;
  /** Sends a range that begins this many bytes after the requested one, and says so in `Content-Range`. */
  readonly shiftRange?: number;
  /** Ends the response after this many bytes of the body as if it were complete, without a `Content-Length`. */
  readonly endAfterBytes?: number;
  /** Cuts the connection after receiving this many bytes of the request's body. */
  readonly dropAfterReceivedBytes?: number;
  /** Stops reading after receiving this many bytes of the request's body, and stays silent. */
  readonly stallAfterReceivedBytes?: number;
  /** Sends a body of the right length with other bytes. */
  readonly wrongBytes?: boolean;
  /** Sends a body that is this many bytes longer, or shorter if negative, with a matching `Content-Length`. */
  readonly wrongLength?: number;
}

/** The planned faults. */
export class FaultPlan {
  readonly #faults: { fault: FakeFault; left: number }[] = [];

  add(fault: FakeFault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The first fault that affects a request. */
  take(request: LoggedRequest): FakeFault | undefined {
    const entry = this.#faults.find(({ fault, left }) => {
      const hostMatches = fault.host === undefined || fault.host === request.host;
      const methodMatches = fault.method === undefined || fault.method === request.method;
      return left > 0 && hostMatches && methodMatches && request.path.includes(fault.path ?? "");
    });
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}
