import { isError } from "@onestep/core";
import type { ConnectionError } from "../errors/connection-error.ts";
import { isCertificateFault, isCut, toConnectionError, toProtocolError } from "./connection-failure.ts";

const probeMilliseconds = 3000;

/** What sent the request that failed. */
export interface FailedRequest {
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | null | undefined;
}

/**
 * Makes what `fetch` threw into a typed error. Where a server closed a plain connection without a word, it is asked
 * whether it speaks TLS at that port: asking again as before would not help then.
 */
export async function explainFailure(
  url: URL,
  cause: unknown,
  { fetch, signal }: FailedRequest,
): Promise<ConnectionError> {
  const error = toConnectionError(url, cause, { fetch });
  const mayBeTls = url.protocol === "http:" && url.port !== "" && isCut(error) && !hasRead(cause);
  if (!mayBeTls || !(await speaksTls(url, fetch, signal ?? undefined))) return error;
  return toProtocolError(url, cause);
}

/** Whether anything came over the connection, which tells a server that was there from one that is of another kind. */
function hasRead(cause: unknown): boolean {
  for (let error = cause, depth = 0; isError(error) && depth < 5; error = error.cause, depth += 1) {
    if ("socket" in error && typeof error.socket === "object" && error.socket !== null) {
      return "bytesRead" in error.socket && error.socket.bytesRead !== 0;
    }
  }
  return false;
}

async function speaksTls(url: URL, send: typeof fetch, signal: AbortSignal | undefined): Promise<boolean> {
  const secure = new URL(url);
  secure.protocol = "https:";
  const timeout = AbortSignal.timeout(probeMilliseconds);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const answer = await send(secure, { method: "HEAD", redirect: "manual", signal: either });
    await answer.body?.cancel();
    return true;
  } catch (error) {
    return isCertificateFault(error);
  }
}
