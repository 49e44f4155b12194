/** Between the last change and the answer, so that a second change at the same time of day cannot hide. */
const settledMilliseconds = 60_000;

/**
 * What names this very version of a file of a web server, byte for byte, so that a transfer of it can be taken up
 * again (RFC 9110, section 8.8): a strong `ETag`, or a `Last-Modified` of some time ago. `undefined` where the server
 * gives neither.
 */
export function readVersion(headers: Headers): string | undefined {
  const etag = headers.get("ETag");
  if (etag?.startsWith('"')) return etag;
  const lastModified = headers.get("Last-Modified") ?? "";
  const age = Date.parse(headers.get("Date") ?? "") - Date.parse(lastModified);
  return age >= settledMilliseconds ? lastModified : undefined;
}
