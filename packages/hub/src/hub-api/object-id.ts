/** Whether a text is a full commit hash: 40 hexadecimal digits in lower case. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** What web servers put at the end of an ETag where they compress what they send (Apache, Jetty). */
const compressionSuffix = /(?:-{1,2}|[;:])(?:br|deflate|gzip|zstd)$/;

/**
 * The name under which the Hub knows a file's content: a git blob's SHA-1 (40 digits) or, for a file in LFS or Xet,
 * its SHA-256 (64 digits). `undefined` for any other text, which must not become the name of a file.
 */
export function parseObjectId(etag: string | null | undefined): string | undefined {
  const text = etag
    ?.trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1")
    .toLowerCase()
    .replace(compressionSuffix, "");
  return text !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : undefined;
}

/** Whether an object id is a SHA-256, so that the content can be checked as it arrives. */
export function isSha256(objectId: string): boolean {
  return objectId.length === 64;
}
