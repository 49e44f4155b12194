import { InvalidArgumentError } from "@onestep/core";
import { decodeSegment } from "./decode-segment.ts";
import { findRepositoryIdFault } from "./repository-id.ts";

/** A repository that a URL of the Hub's pages names. */
export interface HubUrl {
  readonly kind: "hub";
  readonly id: string;
  readonly revision: string | undefined;
}

const hubHosts = new Set(["huggingface.co", "www.huggingface.co", "hf.co"]);

/**
 * Understands the URL of a model's page, as copied from a browser: `<endpoint>/owner/name`, optionally with
 * `/tree/<revision>` or `/resolve/<revision>`. Pages of huggingface.co are understood whatever the endpoint is.
 *
 * @returns `undefined` where the URL is of another host.
 * @throws InvalidArgumentError where the URL is of the Hub and does not name a model's repository.
 */
export function parseHubUrl(url: URL, endpoint: URL): HubUrl | undefined {
  const segments = splitHubPath(url, endpoint);
  if (segments === undefined) return undefined;
  const marker = findMarker(segments, ["tree", "resolve"], 1) ?? segments.length;
  const id = segments.slice(0, marker).join("/");
  const revisionSegments = segments.slice(marker + 1);
  const isOneRevision = revisionSegments.length <= 1 || revisionSegments[0] === "refs";
  const isOther = segments.length > 1 && otherPages.has(segments[0] ?? "");
  if (findRepositoryIdFault(id) !== undefined || !isOneRevision || isOther) {
    throw new InvalidArgumentError({
      subject: "URL of the Hub",
      found: `${url.origin}${url.pathname}`,
      expected: "the page of a model (https://huggingface.co/owner/name), with or without /tree/<revision>",
      remedy: 'Pass the id of the repository ("owner/name"), and a subfolder or revision as options.',
    });
  }
  return {
    kind: "hub",
    id,
    revision: revisionSegments.length === 0 ? undefined : revisionSegments.join("/"),
  };
}

/** Where pages of the Hub are that no model's owner can be called. */
const otherPages = new Set([
  "api",
  "blog",
  "collections",
  "datasets",
  "docs",
  "learn",
  "organizations",
  "papers",
  "posts",
  "settings",
  "spaces",
  "tasks",
]);

/**
 * Where in the path of a page the id of the repository ends: the place of one of the words that stand between it and a
 * revision. An owner may have repositories of these names (`owner/tree/tree/main`), so that two segments are an id
 * before one is.
 *
 * @param after - How many segments follow the word at least.
 */
export function findMarker(
  segments: readonly string[],
  words: readonly string[],
  after: number,
): number | undefined {
  const isMarker = (place: number, count: number): boolean =>
    words.includes(segments[place] ?? "") && segments.length > place + count;
  if (isMarker(2, after)) return 2;
  if (isMarker(1, after)) return 1;
  return isMarker(2, 0) ? 2 : undefined;
}

/** The decoded segments of the path below the endpoint, or `undefined` where the URL is not of the Hub. */
export function splitHubPath(url: URL, endpoint: URL): string[] | undefined {
  let path = url.pathname;
  const base = endpoint.pathname.replace(/\/+$/, "");
  if (url.host === endpoint.host && (path === base || path.startsWith(`${base}/`))) {
    path = path.slice(base.length);
  } else if (!hubHosts.has(url.host)) {
    return undefined;
  }
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeSegment);
}
