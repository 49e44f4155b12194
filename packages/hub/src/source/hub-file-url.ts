import { findMarker, splitHubPath } from "./hub-url.ts";
import { findRepositoryIdFault } from "./repository-id.ts";

/** A file of a repository that a URL of the Hub names. */
export interface HubFileUrl {
  readonly id: string;
  readonly revision: string;
  readonly path: string;
}

/**
 * Understands the URL of a file on the Hub, as copied from a browser: `<endpoint>/owner/name/blob/<revision>/<path>`, or
 * `resolve` in place of `blob`.
 *
 * @returns `undefined` where the URL is of another host, or of no file.
 */
export function parseHubFileUrl(url: URL, endpoint: URL): HubFileUrl | undefined {
  const segments = splitHubPath(url, endpoint) ?? [];
  // A revision and a path follow.
  const marker = findMarker(segments, ["blob", "resolve"], 2);
  if (marker === undefined) return undefined;
  const id = segments.slice(0, marker).join("/");
  const rest = segments.slice(marker + 1);
  // refs/pr/1 and refs/convert/parquet are revisions with slashes.
  const revisionSegments = rest[0] === "refs" ? 3 : 1;
  const path = rest.slice(revisionSegments).join("/");
  if (findRepositoryIdFault(id) !== undefined || path === "") return undefined;
  return { id, revision: rest.slice(0, revisionSegments).join("/"), path };
}
