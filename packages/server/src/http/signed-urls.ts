import type { ImageStorage } from "../storage/storage.ts";
import { ApiError } from "./api-error.ts";

const secretKey = "secrets/urls";
const lifetimeSeconds = 3600;
const prefix = "/v1/images/content/";

/** Makes and checks URLs of images: for an hour, whoever has one may read the image. */
export class SignedUrls {
  readonly #storage: ImageStorage;
  readonly #publicUrl: string | undefined;
  #key: Promise<CryptoKey> | undefined;

  /** @param publicUrl - The address that clients know the service by, if it is not the one they ask for. */
  constructor(storage: ImageStorage, publicUrl: string | undefined) {
    this.#storage = storage;
    this.#publicUrl = publicUrl;
  }

  /** The URL of an image in the storage. */
  async sign(key: string, request: URL): Promise<string> {
    const expires = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    const base = new URL(this.#publicUrl ?? request.origin);
    const url = new URL(`${base.pathname.replace(/\/$/, "")}${prefix}${key}`, base);
    url.searchParams.set("expires", String(expires));
    url.searchParams.set("signature", await this.#signature(key, expires));
    return url.href;
  }

  /**
   * The key in the storage of a URL.
   *
   * @throws ApiError 403 if the signature is wrong, or the time over.
   */
  async verify(url: URL): Promise<string> {
    const key = url.pathname.slice(url.pathname.indexOf(prefix) + prefix.length);
    const expires = Number(url.searchParams.get("expires"));
    const given = url.searchParams.get("signature") ?? "";
    const isReal = await this.#isSignature(given, key, expires);
    if (isReal && expires > Date.now() / 1000) return key;
    throw new ApiError({ status: 403, code: "invalid_url", message: "This URL is not valid any more." });
  }

  async #signature(key: string, expires: number): Promise<string> {
    const signature = await crypto.subtle.sign("HMAC", await this.#secret(), message(key, expires));
    return [...new Uint8Array(signature)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async #isSignature(given: string, key: string, expires: number): Promise<boolean> {
    if (!/^[0-9a-f]{64}$/.test(given)) return false;
    const bytes = Uint8Array.from({ length: 32 }, (_, index) =>
      Number.parseInt(given.slice(2 * index, 2 * index + 2), 16),
    );
    return crypto.subtle.verify("HMAC", await this.#secret(), bytes, message(key, expires));
  }

  /** All front ends of a storage share it. */
  #secret(): Promise<CryptoKey> {
    this.#key ??= (async () => {
      await this.#storage.put(secretKey, crypto.getRandomValues(new Uint8Array(32)));
      const bytes = (await this.#storage.get(secretKey)) ?? new Uint8Array();
      return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
        "sign",
        "verify",
      ]);
    })();
    return this.#key;
  }
}

function message(key: string, expires: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${expires}\n${key}`);
}
