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
 * const handler = createHandler({ models, keys: [await hashApiKey("my-app", process.env.MY_APP_KEY)] });
 */
export async function hashApiKey(name: string, secret: string): Promise<ApiKey> {
  return { name, digest: await sha256(secret) };
}

/** Who calls when no keys are set. */
export const anonymous = "anonymous";

/**
 * Finds whose key a request has: `Authorization: Bearer …`.
 *
 * @returns The name of the key; `"anonymous"` if the service has no keys.
 * @throws ApiError 401
 */
export async function identify(request: Request, keys: readonly ApiKey[]): Promise<string> {
  if (keys.length === 0) return anonymous;
  const match = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.get("authorization") ?? "");
  const digest = await sha256(match?.[1] ?? "");
  // All are compared to the end, so that the time tells nothing about them.
  const matching = keys.filter((key) => isEqual(key.digest, digest));
  const [key] = matching;
  if (match !== null && key !== undefined) return key.name;
  const message =
    match === null
      ? "An API key is missing. Send it as `Authorization: Bearer <key>`."
      : "The API key is not valid.";
  throw new ApiError({ status: 401, code: "invalid_api_key", message });
}

function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < other.length; index += 1) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
