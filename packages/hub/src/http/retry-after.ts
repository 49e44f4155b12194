/**
 * How many seconds a server asks to wait: `Retry-After` in seconds or as a date, or the `t` of the `RateLimit` header
 * that the Hub sends; `undefined` where it does not say.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const retryAfter = headers.get("Retry-After");
  if (retryAfter !== null && /^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter);
  const date = retryAfter === null ? Number.NaN : Date.parse(retryAfter);
  if (!Number.isNaN(date)) return Math.max(0, Math.ceil((date - now) / 1000));
  const rateLimit = /(?:^|;)\s*t=(\d{1,9})\b/.exec(headers.get("RateLimit") ?? "");
  return rateLimit?.[1] === undefined ? undefined : Number(rateLimit[1]);
}
