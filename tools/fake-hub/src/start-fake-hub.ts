import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeCommit } from "./fake-commit.ts";
import { type FakeFault, FaultPlan } from "./fake-fault.ts";
import type { FakeHubOptions } from "./fake-hub-options.ts";
import { answerHubCall } from "./hub-routes.ts";
import { type HubState, makeHubState } from "./hub-state.ts";
import { answerStorage } from "./lfs-routes.ts";
import { bytesReply, failureReply, preflightReply, type Reply, sendReply } from "./reply.ts";
import { type LoggedRequest, logRequest, readBody } from "./request-log.ts";
import { answerUpload } from "./upload-routes.ts";
import { answerXetStorage, answerXetToken } from "./xet-routes.ts";

/** A running fake Hub. */
export interface FakeHub {
  /** For the option `endpoint`, or `HF_ENDPOINT`. */
  readonly endpoint: string;
  /** The other host, to which large files are redirected. */
  readonly cdnEndpoint: string;
  /** Every request so far, in order. */
  readonly requests: LoggedRequest[];
  /** The commit of a revision, `main` by default. */
  commit(id: string, revision?: string): string;
  /** The files of a revision, `main` by default, by path. */
  files(id: string, revision?: string): ReadonlyMap<string, Uint8Array>;
  /** The message of the commit that was uploaded to a revision last. */
  message(id: string, revision?: string): string | undefined;
  /** Makes something go wrong from now on. */
  addFault(fault: FakeFault): void;
  clearFaults(): void;
  /** Forgets the requests so far. */
  clearRequests(): void;
  /** Replaces what the Hub has, as if somebody had pushed. */
  update(repositories: FakeHubOptions["repositories"]): void;
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

/**
 * Starts a Hub with the given repositories on 127.0.0.1, with a second host (`localhost`, another port) for large
 * files: model info, revisions, listings with pages, paths-info, files with ranges, LFS and Xet storage, tokens; and
 * uploads of those with an account: new repositories, large files whole or in parts, commits, pull requests.
 */
export async function startFakeHub(options: FakeHubOptions): Promise<FakeHub> {
  const faults = new FaultPlan();
  const requests: LoggedRequest[] = [];
  let state: HubState | undefined;

  const handle = async (host: LoggedRequest["host"], message: IncomingMessage, response: ServerResponse) => {
    if (message.method === "OPTIONS") return sendReply(response, preflightReply, "OPTIONS", undefined);
    const request = logRequest(host, message);
    requests.push(request);
    const fault = faults.take(request);
    const body = await readBody(message, fault);
    if (body === undefined) return;
    const asked = changeRange(request, fault);
    const reply = faultReply(fault) ?? (state === undefined ? undefined : answer(state, asked, body));
    sendReply(response, reply ?? failureReply(404, undefined, "Not found"), request.method, fault);
  };
  const hub = createServer((message, response) => void handle("hub", message, response));
  const cdn = createServer((message, response) => void handle("cdn", message, response));
  const basePath = options.basePath ?? "";
  const hubEndpoint = `http://127.0.0.1:${await listen(hub, options.port ?? 0)}${basePath}`;
  const cdnEndpoint = `http://localhost:${await listen(cdn, 0)}`;
  state = makeHubState(options, { hubEndpoint, cdnEndpoint });

  const findCommit = (id: string, revision: string): FakeCommit => {
    const commit = state?.repositories.get(id)?.commit(revision);
    if (commit === undefined) throw new Error(`the fake Hub has no ${id} at ${revision}`);
    return commit;
  };

  return {
    endpoint: hubEndpoint,
    cdnEndpoint,
    requests,
    commit: (id, revision = "main") => findCommit(id, revision).hash,
    files: (id, revision = "main") =>
      new Map([...findCommit(id, revision).files].map(([path, { bytes }]) => [path, bytes])),
    message: (id, revision = "main") => state?.repositories.get(id)?.message(revision),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    clearRequests: () => {
      requests.length = 0;
    },
    update: (repositories) => {
      state = makeHubState({ ...options, repositories }, { hubEndpoint, cdnEndpoint });
    },
    close: async () => {
      await Promise.all([hub, cdn].map(stop));
    },
  };
}

function changeRange(request: LoggedRequest, fault: FakeFault | undefined): LoggedRequest {
  const { range, ...headers } = request.headers;
  if (range === undefined || fault?.ignoreRange === true) return { ...request, headers };
  const shifted = range.replace(/\d+/, (start) => String(Number(start) + (fault?.shiftRange ?? 0)));
  return { ...request, headers: { ...headers, range: shifted } };
}

function answer(state: HubState, request: LoggedRequest, body: Uint8Array): Reply | undefined {
  const { headers, method, path } = request;
  const range = headers["range"];
  if (request.host === "cdn") {
    const url = new URL(path, state.cdnEndpoint);
    const file = state.contents.get(url.pathname.replace("/content/", ""));
    if (file !== undefined) return bytesReply(file.bytes, range, { ETag: '"cdn-etag"' });
    const { authorization } = headers;
    const stored = answerStorage(state, url, { method, authorization, body });
    if (stored !== undefined) return stored;
    return answerXetStorage(state, url, {
      ...(authorization === undefined ? {} : { authorization }),
      ...(range === undefined ? {} : { range }),
    });
  }
  const basePath = state.options.basePath ?? "";
  if (!path.startsWith(basePath)) return undefined;
  const url = new URL(path.slice(basePath.length), state.hubEndpoint);
  const token = headers["authorization"]?.replace(/^Bearer /, "");
  return (
    answerXetToken(state, url) ??
    answerUpload({ state, url, method, token, body }) ??
    answerHubCall({ state, url, method, token, range, body: new TextDecoder().decode(body) })
  );
}

function faultReply(fault: FakeFault | undefined): Reply | undefined {
  const headers = fault?.headers ?? {};
  if (fault?.status !== undefined) return { status: fault.status, headers };
  return fault?.body === undefined ? undefined : { status: 200, headers, body: fault.body };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
