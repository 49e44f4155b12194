import { InvalidArgumentError, isUrl } from "@onestep/core";
import { parseHubUrl } from "./hub-url.ts";

/** What a caller's `source` can mean, as far as its text tells. */
export type RepositorySource =
  /** A folder or a Hub id: the disk decides, since an existing folder wins. */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "folder-url"; readonly url: URL }
  | { readonly kind: "hub"; readonly id: string; readonly revision: string | undefined }
  | { readonly kind: "web"; readonly url: URL };

const urlPattern = /^([a-z][a-z0-9+.-]+:\/\/|file:)/i;

/**
 * Reads the `source` that a caller passed.
 *
 * @param endpoint - The Hub's address; a URL of a repository there is understood as its id.
 * @throws InvalidArgumentError where it is empty, not a URL although it looks like one, or of another scheme.
 */
export function parseRepositorySource(source: string | URL, endpoint: URL): RepositorySource {
  if (isUrl(source)) return parseUrl(source, endpoint);
  if (typeof source !== "string" || source === "" || source.includes("\0")) {
    throw invalidSource(typeof source === "string" ? JSON.stringify(source) : typeof source);
  }
  if (!urlPattern.test(source)) return { kind: "name", name: source };
  if (!URL.canParse(source)) throw invalidSource(`${JSON.stringify(source)}, which is not a valid URL`);
  return parseUrl(new URL(source), endpoint);
}

function parseUrl(url: URL, endpoint: URL): RepositorySource {
  if (url.protocol === "file:") return { kind: "folder-url", url };
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalidSource(`a URL of the scheme ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw invalidSource(`a URL of ${url.host} with a user name or password in it`);
  }
  return parseHubUrl(url, endpoint) ?? { kind: "web", url };
}

function invalidSource(found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "source of the repository",
    found,
    expected: 'a Hub id ("owner/name"), a folder, a file: URL or an http(s): URL of a folder',
    remedy: "Pass one of these.",
  });
}
