import { ServerError } from "../errors/server-error.ts";
import { describeUrl } from "../http/describe-url.ts";
import { readLink } from "../http/link-header.ts";
import { fetchJson, type JsonQuestion } from "./fetch-json.ts";
import type { HubClient } from "./hub-client.ts";
import { isSafeFile, type ListedFile, parseListedFile } from "./listed-file.ts";

const maximumPages = 10_000;

/** The files of a commit by path. */
export type RepositoryListing = ReadonlyMap<string, ListedFile>;

/** Which commit to list. */
export interface ListingQuestion extends Omit<JsonQuestion, "revision"> {
  readonly commit: string;
}

/**
 * Lists the files of a commit: the tree endpoint, page after page as its `Link` headers say.
 *
 * Entries that are not files, and files whose path leads out of the repository, are left out.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export async function fetchListing(
  client: HubClient,
  { id, commit, ...options }: ListingQuestion,
): Promise<RepositoryListing> {
  const listing = new Map<string, ListedFile>();
  let url: URL | undefined = client.url(`/api/models/${id}/tree/${commit}?recursive=true&expand=false`);
  for (let page = 0; url !== undefined; page += 1) {
    const { headers, value: entries } = await fetchJson(client, url, { ...options, id, revision: commit });
    if (!Array.isArray(entries) || page >= maximumPages) {
      throw badListing(url, Array.isArray(entries) ? `more than ${maximumPages} pages` : "no list of files");
    }
    for (const entry of entries.filter(isSafeFile)) {
      const file = parseListedFile(entry);
      if (file === undefined) throw badListing(url, "an entry without a path, a size or an object id");
      listing.set(file.path, file);
    }
    url = nextPage(url, headers);
  }
  return listing;
}

/** The next page, on the endpoint itself even where a mirror passes on the Hub's own address. */
function nextPage(url: URL, headers: Headers): URL | undefined {
  const target = readLink(headers.get("Link"), "next");
  if (target === undefined) return undefined;
  if (!URL.canParse(target, url)) throw badListing(url, "a next page without a valid address");
  const next = new URL(target, url);
  const cursor = next.searchParams.get("cursor");
  if (cursor === null || cursor === url.searchParams.get("cursor")) {
    throw badListing(url, "a next page without a new cursor");
  }
  const own = new URL(url);
  own.search = next.search;
  return own;
}

function badListing(url: URL, found: string): ServerError {
  return new ServerError(
    {
      subject: describeUrl(url),
      found,
      expected: "the list of a repository's files",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: 200 },
  );
}
