import { InvalidArgumentError } from "@onestep/core";
import { isUrl } from "@onestep/core/internal";
import { findRepositoryIdFault } from "./validators.ts";

/** The possible meanings of a caller's `source`, judged by its text. */
type RepositorySource =
  /** A folder or a Hub id: an existing folder takes precedence. */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "folder-url"; readonly url: URL }
  | { readonly kind: "hub"; readonly id: string; readonly revision: string | undefined }
  | { readonly kind: "web"; readonly url: URL };

const urlPattern = /^([a-z][a-z0-9+.-]+:\/\/|file:)/i;

/**
 * Reads the `source` that a caller passed.
 *
 * @param endpoint - The Hub's address; a URL of a repository there is understood as its id.
 * @throws InvalidArgumentError if it is empty, not a URL although it looks like one, or of another scheme.
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

/** A repository that a URL of the Hub's pages names. */
interface HubUrl {
  readonly kind: "hub";
  readonly id: string;
  readonly revision: string | undefined;
}

const hubHosts = new Set(["huggingface.co", "www.huggingface.co", "hf.co"]);

/**
 * Understands the URL of a model's page, as copied from a browser: `<endpoint>/owner/name`, optionally with
 * `/tree/<revision>` or `/resolve/<revision>`. Pages of huggingface.co are understood whatever the endpoint is.
 *
 * @returns `undefined` if the URL is of another host.
 * @throws InvalidArgumentError if the URL is of the Hub and does not name a model's repository.
 */
function parseHubUrl(url: URL, endpoint: URL): HubUrl | undefined {
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

/** Names of pages on the Hub that cannot be the owner of a model. */
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
 * Where the repository id ends in the path of a page: the index of one of the words between id and revision. A
 * repository may itself have such a name (`owner/tree/tree/main`), so an id of two segments is tried before one of one
 * segment.
 *
 * @param after - The minimum number of segments after the word.
 */
function findMarker(
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

/** The decoded segments of the path below the endpoint, or `undefined` if the URL is not of the Hub. */
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

/** A file of a repository that a URL of the Hub names. */
interface HubFileUrl {
  readonly id: string;
  readonly revision: string;
  readonly path: string;
}

/**
 * Understands the URL of a file on the Hub, as copied from a browser: `<endpoint>/owner/name/blob/<revision>/<path>`, or
 * `resolve` in place of `blob`.
 *
 * @returns `undefined` if the URL is of another host, or of no file.
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

/** A segment of a URL's path with its percent signs resolved, as it stands if they are not of the form. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The requested revision; `main` by default. @throws InvalidArgumentError if option and URL differ. */
export function chooseRevision(option: string | undefined, fromUrl: string | undefined): string {
  if (option !== undefined && fromUrl !== undefined && option !== fromUrl) {
    throw new InvalidArgumentError({
      subject: "option revision",
      found: `${JSON.stringify(option)}, while the URL names ${JSON.stringify(fromUrl)}`,
      expected: "one revision",
      remedy: "Leave one of them out.",
      summary: `The option revision is ${JSON.stringify(option)}, and the URL names ${JSON.stringify(fromUrl)}.`,
    });
  }
  return option ?? fromUrl ?? "main";
}

const weightsEnding = /\.(pt|pth|ckpt|bin|safetensors|pkl|gguf|onnx|h5|msgpack)$/i;

/** Whether a path, or the path of a URL, ends like the name of a file of weights: `cd_imagenet64_l2.pt`. */
export function isWeightsFileName(path: string): boolean {
  return weightsEnding.test(path);
}

/** The error for a file where a repository is expected. A repository with such a name can be opened by its URL. */
export function fileInPlaceOfFolder(source: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: source,
    found,
    expected: "a folder with the files of a model, or a Hub id",
    remedy: /\.json$/i.test(source)
      ? "Pass the folder that it is in."
      : "Load a checkpoint in one file with `fromSingleFile`; of a saved pipeline or model, pass the folder.",
  });
}
