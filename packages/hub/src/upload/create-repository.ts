import { InvalidArgumentError } from "@onestep/core";
import {
  ConflictError,
  HubError,
  InvalidTokenError,
  PermissionDeniedError,
  UploadRejectedError,
} from "../errors.ts";
import { pause } from "../http/retry.ts";
import { joinEndpoint } from "../settings.ts";
import { findRepositoryIdFault } from "../validators.ts";
import type { UploadTransport } from "./upload-transport.ts";

const conflictTries = 5;

/** Which repository to make. */
interface CreateRepositoryRequest {
  /** `owner/name`. */
  readonly id: string;
  /** Left to the owner's settings where it is `undefined`. */
  readonly isPrivate: boolean | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Creates a repository for a model, unless it exists. A token that may not create repositories is enough for one that
 * exists.
 *
 * @throws InvalidTokenError, PermissionDeniedError, UploadRejectedError, ConflictError, ServerError, ConnectionError.
 */
export async function createRepository(
  transport: UploadTransport,
  { id, isPrivate, signal }: CreateRepositoryRequest,
): Promise<void> {
  const [organization, name] = id.split("/");
  const visibility = isPrivate === undefined ? {} : { visibility: isPrivate ? "private" : "public" };
  const init: RequestInit = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ type: "model", name, organization, ...visibility }),
    signal: signal ?? null,
  };
  const url = joinEndpoint(transport.endpoint, "/api/repos/create");
  for (let tries = 1; ; tries += 1) {
    try {
      await transport.send(url, init);
      return;
    } catch (error) {
      const isBusy =
        ConflictError.isInstance(error) && error.message.includes("another conflicting operation");
      if (isBusy && tries < conflictTries) {
        await pause(Math.min(transport.retry.baseWaitTime * tries, transport.retry.maxWaitTime), signal);
      } else if (isBusy || !(await isThere(transport, id, error, signal))) {
        throw error;
      } else {
        return;
      }
    }
  }
}

/** Whether there is a repository, which could not be made for that reason, or because the token may only write to it. */
async function isThere(
  transport: UploadTransport,
  id: string,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (ConflictError.isInstance(error)) return true;
  const kinds = [InvalidTokenError, PermissionDeniedError, UploadRejectedError];
  if (!kinds.some((kind) => kind.isInstance(error))) return false;
  const url = joinEndpoint(transport.endpoint, `/api/models/${id}`);
  try {
    await transport.send(url, { signal: signal ?? null });
    return true;
  } catch (reason) {
    if (HubError.isInstance(reason)) return false;
    throw reason;
  }
}

/** The id of a repository with its owner; by default the owner of the token. */
export async function addOwner(
  transport: UploadTransport,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (id.includes("/")) return id;
  const url = joinEndpoint(transport.endpoint, "/api/whoami-v2");
  const answer = await transport.send(url, { signal: signal ?? null });
  const owner = readName(await answer.text());
  if (owner !== undefined && findRepositoryIdFault(`${owner}/${id}`) === undefined) return `${owner}/${id}`;
  throw new InvalidArgumentError({
    subject: "repositoryId",
    found: `${JSON.stringify(id)}, without an owner, and an endpoint that does not say whose the token is`,
    expected: '"owner/name"',
    remedy: "Name the owner.",
  });
}

function readName(text: string): string | undefined {
  try {
    const account: unknown = JSON.parse(text);
    const name =
      typeof account === "object" && account !== null && "name" in account ? account.name : undefined;
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
