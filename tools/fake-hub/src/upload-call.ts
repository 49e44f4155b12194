import type { HubState } from "./hub-state.ts";
import { jsonReply, type Reply } from "./reply.ts";

/** A request to the endpoint that changes something. */
export interface UploadCall {
  readonly state: HubState;
  readonly url: URL;
  readonly method: string;
  readonly token: string | undefined;
  readonly body: Uint8Array;
}

/** The JSON of a body. */
export function readJson(body: Uint8Array | string): Record<string, unknown> {
  return JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
}

/** A failure as these parts of the Hub word it: in the body, and where `errorCode` is given in a header. */
export function failure(status: number, error: string, errorCode?: string): Reply {
  const headers = errorCode === undefined ? {} : { "X-Error-Code": errorCode };
  return jsonReply({ error }, { ...headers, "X-Error-Message": error }, status);
}
