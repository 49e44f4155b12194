import { sha256 } from "../ids.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { ApiError } from "./api-error.ts";

/** A request that may come again. */
export interface IdempotentRequest {
  readonly owner: string;
  readonly endpoint: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly storage: ImageStorage;
}

/**
 * The jobs' id of a request with an `Idempotency-Key`: the same key of the same owner names the same jobs, so a request
 * that is repeated waits for the first one's images.
 *
 * @returns undefined without such a header.
 * @throws ApiError 422 if the key came with another request before.
 */
export async function claimIdempotencyKey(
  request: Request,
  { owner, endpoint, body, storage }: IdempotentRequest,
): Promise<string | undefined> {
  const key = request.headers.get("idempotency-key");
  if (key === null || key === "") return undefined;
  if (key.length > 255) {
    const message = "`Idempotency-Key`: expected at most 255 characters.";
    throw new ApiError({ status: 400, code: "invalid_value", param: "Idempotency-Key", message });
  }
  const id = `idem_${(await sha256(`${owner}\n${key}`)).slice(0, 40)}`;
  const record = new TextEncoder().encode(`${endpoint} ${await sha256(body)}`);
  if (await storage.put(`idempotency/${id}`, record)) return id;
  const known = await storage.get(`idempotency/${id}`);
  if (known === undefined || new TextDecoder().decode(known) === new TextDecoder().decode(record)) return id;
  const message = "This `Idempotency-Key` came with another request before. Use a new key for a new request.";
  throw new ApiError({ status: 422, code: "idempotency_key_reused", param: "Idempotency-Key", message });
}
