import { fromBase64 } from "@onestep/core/internal/base64";
import { sha256 } from "../ids.ts";
import { ApiError } from "./api-error.ts";

/** An API key: who holds it, and its SHA-256 digest. The key itself is not kept. */
export interface ApiKey {
  /** Appears in logs, and owns files and batches. */
  readonly name: string;
  /** 64 hexadecimal digits. */
  readonly digest: string;
}

/**
 * Makes an {@link ApiKey} of a secret.
 *
 * @example
 * const { MY_APP_KEY } = process.env;
 * if (MY_APP_KEY === undefined) throw new Error("Set MY_APP_KEY.");
 * const handler = createHandler({ models, keys: [await hashApiKey("my-app", MY_APP_KEY)] });
 */
export async function hashApiKey(name: string, secret: string): Promise<ApiKey> {
  return { name, digest: await sha256(secret) };
}

/** Who calls when no keys are set. */
export const anonymous = "anonymous";

/** Where the dashboard of the queue is. A browser opens it, and browsers send no Bearer tokens by themselves. */
export const dashboardPath = "/queues";

/**
 * Finds whose key a request has: `Authorization: Bearer …`, or for the dashboard of the queue alone, also `Basic …` with the
 * key as the password and any user.
 *
 * @param path - The path of the request below the one that the service is mounted at.
 * @returns The name of the key; `"anonymous"` if the service has no keys.
 * @throws ApiError 401
 */
export async function identify(request: Request, path: string, keys: readonly ApiKey[]): Promise<string> {
  if (keys.length === 0) return anonymous;
  const takesBasic = path === dashboardPath || path.startsWith(`${dashboardPath}/`);
  const secret = readSecret(request.headers.get("authorization") ?? "", takesBasic);
  const digest = await sha256(secret ?? "");
  // All are compared to the end, so that the time tells nothing about them.
  const matching = keys.filter((key) => isEqual(key.digest, digest));
  const [key] = matching;
  if (secret !== undefined && key !== undefined) return key.name;
  const how = takesBasic
    ? "Enter it as the password, with any user name."
    : "Send it as `Authorization: Bearer <key>`.";
  const message = secret === undefined ? `An API key is missing. ${how}` : "The API key is not valid.";
  const challenge = takesBasic ? 'Basic realm="Onestep"' : undefined;
  throw new ApiError({ status: 401, code: "invalid_api_key", message, challenge });
}

function readSecret(authorization: string, takesBasic: boolean): string | undefined {
  const [, scheme = "", credentials = ""] = /^(\w+)\s+(\S+)\s*$/.exec(authorization) ?? [];
  if (/^Bearer$/i.test(scheme)) return credentials;
  const pair = takesBasic && /^Basic$/i.test(scheme) ? fromBase64(credentials) : undefined;
  return pair && /^[^:]*:(.+)$/s.exec(new TextDecoder().decode(pair))?.[1];
}

function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < other.length; index += 1) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
