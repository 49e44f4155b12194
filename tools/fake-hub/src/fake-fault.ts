import type { LoggedRequest } from "./request-log.ts";

/** Something that goes wrong with matching requests. What is left out, goes right. */
export interface FakeFault {
  /** Part of the path of the requests that it befalls. All by default. */
  readonly path?: string;
  /** The method that it befalls. All by default. */
  readonly method?: string;
  /** The host that it befalls. Both by default. */
  readonly host?: LoggedRequest["host"];
  /** How many requests it befalls. All by default. */
  readonly times?: number;
  /** Answers with this status, and these headers, and no body. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers with this body and status 200, whatever was asked for. */
  readonly body?: string;
  /** Cuts the connection after so many bytes of a longer body; before the answer where negative. */
  readonly dropAfterBytes?: number;
  /** Falls silent after so many bytes of a longer body; before the answer where negative. */
  readonly stallAfterBytes?: number;
  /** Sends the whole file, whatever part of it was asked for. */
  readonly ignoreRange?: boolean;
  /** Sends a part that begins so many bytes further on than the one asked for, and says so in `Content-Range`. */
  readonly shiftRange?: number;
  /** Ends the answer after so many bytes of the body as if that were all, without a `Content-Length`. */
  readonly endAfterBytes?: number;
  /** Cuts the connection when so many bytes of the request's body have arrived. */
  readonly dropAfterReceivedBytes?: number;
  /** Takes no more when so many bytes of the request's body have arrived, and stays silent. */
  readonly stallAfterReceivedBytes?: number;
  /** Sends a body of the right length with other bytes. */
  readonly wrongBytes?: boolean;
  /** Sends a body that is so many bytes longer, or shorter where negative, with a `Content-Length` that agrees. */
  readonly wrongLength?: number;
}

/** The faults that are to happen. */
export class FaultPlan {
  readonly #faults: { fault: FakeFault; left: number }[] = [];

  add(fault: FakeFault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The first fault that befalls a request. */
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
