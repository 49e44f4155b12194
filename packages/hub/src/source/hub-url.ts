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
  const marker = segments.findIndex((segment) => segment === "tree" || segment === "resolve");
  const idSegments = marker < 1 ? segments : segments.slice(0, marker);
  const id = idSegments.join("/");
  const revisionSegments = marker < 1 ? [] : segments.slice(marker + 1);
  const isOneRevision = revisionSegments.length <= 1 || revisionSegments[0] === "refs";
  if (findRepositoryIdFault(id) !== undefined || !isOneRevision) {
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
