/** A URL for messages: without its query, which may hold a signature. */
export function describeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
