import { ApiError } from "./api-error.ts";

/** Which requests a service takes, by where they come from. */
export interface GuardOptions {
  /** The host names that a request may be for, without ports; any by default. Set where a service is bound to loopback. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The origins of pages that may call the service: `https://app.example.com`. None by default. */
  readonly corsOrigins?: readonly string[] | undefined;
}

/**
 * Refuses requests that a page of another site makes a browser send, by DNS rebinding or otherwise.
 *
 * @throws ApiError 403
 */
export function checkOrigin(request: Request, { allowedHosts, corsOrigins = [] }: GuardOptions): void {
  const host = (request.headers.get("host") ?? new URL(request.url).host).toLowerCase().replace(/:\d+$/, "");
  if (allowedHosts !== undefined && !allowedHosts.includes(host)) {
    throw forbidden(
      "host_not_allowed",
      `This service does not answer for the host ${JSON.stringify(host.slice(0, 100))}.`,
    );
  }
  const origin = request.headers.get("origin");
  const isForeign = request.headers.get("sec-fetch-site") === "cross-site";
  if (isForeign && (origin === null || !corsOrigins.includes(origin))) {
    throw forbidden("origin_not_allowed", "Pages of other sites may not call this service.");
  }
}

function forbidden(code: string, message: string): ApiError {
  return new ApiError({ status: 403, code, message });
}

/** The headers that let a page of another origin read an answer; none if its origin may not. */
export function corsHeaders(
  request: Request,
  { corsOrigins = [] }: GuardOptions,
): Readonly<Record<string, string>> {
  const origin = request.headers.get("origin");
  if (origin === null || !corsOrigins.includes(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    vary: "Origin",
    "access-control-expose-headers":
      "x-request-id, retry-after, x-should-retry, x-onestep-ignored-fields, x-onestep-mask",
  };
}

/** The answer to the question of a browser whether a page may send a request. */
export function preflight(request: Request, options: GuardOptions): Response {
  const headers = corsHeaders(request, options);
  if (Object.keys(headers).length === 0) return new Response(null, { status: 403 });
  const asked = request.headers.get("access-control-request-headers") ?? "";
  const allowed = asked
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter(isAllowedHeader);
  return new Response(null, {
    status: 204,
    headers: {
      ...headers,
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers": allowed.join(", "),
      "access-control-max-age": "600",
    },
  });
}

function isAllowedHeader(name: string): boolean {
  return (
    ["authorization", "content-type", "idempotency-key"].includes(name) ||
    /^x-stainless-[a-z-]{1,40}$/.test(name)
  );
}
