import { InvalidArgumentError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { ConnectionError, type IntegrityError, leavesCopyInUse, OfflineError } from "../errors.ts";
import { noRetries, retryWhenCut } from "../http/retry.ts";
import { fetchListing, type HubClient, type RepositoryListing, resolveRevision } from "../hub-api/client.ts";
import { isCommit, type ListedFile } from "../hub-api/listing.ts";
import type { HubRequest } from "../platform.ts";
import type { OpenRepositoryOptions, Repository, RepositoryFile } from "../repository.ts";
import { isOffline } from "../settings.ts";
import { findPathFault } from "../validators.ts";
import {
  CachedRepository,
  type Downloaded,
  type DownloadRequest,
  type Origin,
  type OriginFile,
} from "./cached-repository.ts";
import type { HubCache } from "./hub-cache.ts";
import { fetchHubFile, type StartHubDownload } from "./hub-file.ts";

/** The file length from which a request is worthwhile to find out the correct length of a cached file. */
const checkedBytes = 1024 * 1024;

/** The parts of a {@link HubOrigin}. */
interface HubOriginParts {
  readonly id: string;
  readonly revision: string;
  readonly commit: string;
  readonly cache: HubCache;
  /** `undefined` if requests are not allowed. */
  readonly client: HubClient | undefined;
  readonly startDownload: StartHubDownload;
  /** Whether a file can be downloaded only if the listing describes it, as in browsers. */
  readonly needsListing: boolean;
  /** See `OpenRepositoryOptions`. */
  readonly holdRevision: boolean;
  /** Why the endpoint could not resolve the revision when the repository was opened, if it could not. */
  readonly unreachable: Error | undefined;
}

/** One commit of a Hub repository. */
class HubOrigin implements Origin {
  readonly name: string;
  readonly commit: string;
  readonly #parts: HubOriginParts;
  #listing: RepositoryListing | undefined;
  #lookedForListing = false;
  #askedForCheck = false;
  #fetching = 0;
  #hasFiles = false;
  /** Whether a file has been cached since the last warning. */
  #hasFetched = false;
  #holdsRevision: boolean;
  /** Whether requesting files that are not cached is pointless. */
  #isOut: boolean;

  constructor(parts: HubOriginParts) {
    this.#parts = parts;
    this.name = parts.id;
    this.commit = parts.commit;
    this.#holdsRevision = parts.holdRevision;
    this.#isOut = parts.client === undefined || !isPassing(parts.unreachable);
  }

  async list(signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
    const listing = await this.#findListing(signal);
    return listing === undefined ? undefined : [...listing.keys()].sort();
  }

  async sizeOf(path: string, signal: AbortSignal | undefined): Promise<number | undefined> {
    return (await this.#findListing(signal))?.get(path)?.size;
  }

  async #findListing(signal: AbortSignal | undefined): Promise<RepositoryListing | undefined> {
    const mayAsk = this.#parts.unreachable === undefined;
    return (await this.#knownListing()) ?? (mayAsk ? this.#fetchListing(signal) : undefined);
  }

  async find(
    path: string,
    signal: AbortSignal | undefined,
    download: (request: DownloadRequest) => Promise<Downloaded>,
  ): Promise<OriginFile> {
    const { client, needsListing, cache, unreachable } = this.#parts;
    const { file: cached, damage } = await this.#findCached(path, signal);
    if (cached !== undefined) {
      this.#hasFiles = true;
      await this.#remember().catch(() => {});
      return { file: cached, isCached: true };
    }
    const known = await this.#knownListing();
    if (known === undefined && (await this.#isMarkedMissing(path))) return notThere;
    const listing = known ?? (needsListing ? await this.#fetchListing(signal) : undefined);
    const listed = listing?.get(path);
    if (listed === undefined && listing !== undefined) return notThere;
    if (client === undefined || this.#isOut || (needsListing && listed === undefined)) {
      throw this.#notCached(path, unreachable);
    }
    const askListing = async (): Promise<ListedFile | undefined> =>
      (await this.#fetchListing(signal).catch(() => undefined))?.get(path);
    const request = { ...this.#parts, retry: client.retry, path, listed, askListing };
    this.#fetching += 1;
    const downloaded = download({
      key: cache.key(this.commit, path),
      caller: client.caller,
      work: async (shared) => ({ file: await fetchHubFile(request, shared) }),
    });
    const { file } = await downloaded
      .catch((error: unknown) => {
        if (unreachable === undefined || !leavesCopyInUse(error)) throw error;
        this.#isOut = true;
        throw damage ?? this.#notCached(path, error);
      })
      .finally(() => {
        this.#fetching -= 1;
      });
    this.#hasFiles ||= file !== undefined;
    this.#hasFetched ||= file !== undefined;
    if (this.#hasFiles) await this.#remember().catch((error: Error) => this.#warnOfNote(error));
    return { file, isCached: false };
  }

  /** The file is usable all the same; and for a read-only cache, this was to be expected. */
  #warnOfNote(error: Error): void {
    if (this.#hasFetched)
      warn(`${error.message} ${this.name} is not found there offline by its revision.`, "cache");
    this.#hasFetched = false;
  }

  async settle(): Promise<void> {
    this.#holdsRevision = false;
    if (this.#hasFiles) await this.#remember().catch(() => {});
  }

  /**
   * The cached file. A damaged one is ignored if it can be downloaded again.
   *
   * @throws IntegrityError if it is damaged and cannot be downloaded again.
   */
  async #findCached(
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly file?: RepositoryFile; readonly damage?: IntegrityError }> {
    const { cache, client } = this.#parts;
    const file = await cache.findFile(this.commit, path);
    if (file === undefined) return {};
    const listing = await this.#listingForCheck(file, signal);
    const damage = await cache.findDamage(this.commit, file, listing?.get(path)?.size);
    signal?.throwIfAborted();
    if (damage === undefined) return { file };
    if (client === undefined || this.#isOut) throw damage;
    warn(damage.message, "cache");
    return { damage };
  }

  /**
   * The listing, which gives the correct length of a cached file. If missing, it is requested, once per commit: only
   * for a large file, and only if the endpoint has just responded.
   */
  async #listingForCheck(
    file: RepositoryFile,
    signal: AbortSignal | undefined,
  ): Promise<RepositoryListing | undefined> {
    const { commit, id, client, revision, unreachable } = this.#parts;
    const known = await this.#knownListing();
    const hasAnswered = client !== undefined && unreachable === undefined && revision !== commit;
    if (known !== undefined || !hasAnswered || this.#askedForCheck || file.size < checkedBytes) return known;
    this.#askedForCheck = true;
    const revisionRequest = { id, commit, signal, retry: noRetries };
    this.#listing = await fetchListing(client, revisionRequest).catch(() => undefined);
    return this.#listing;
  }

  #isMarkedMissing(path: string): Promise<boolean> {
    return this.#parts.cache.isMarkedMissing(this.commit, path);
  }

  async #knownListing(): Promise<RepositoryListing | undefined> {
    if (!this.#lookedForListing) this.#listing ??= await this.#parts.cache.readListing(this.commit);
    this.#lookedForListing = true;
    return this.#listing;
  }

  async #fetchListing(signal: AbortSignal | undefined): Promise<RepositoryListing | undefined> {
    const { cache, client, id } = this.#parts;
    if (client === undefined || this.#isOut) return undefined;
    try {
      this.#listing = await fetchListing(client, { id, commit: this.commit, signal });
    } catch (error) {
      if (!leavesCopyInUse(error) || !(await cache.hasSnapshot(this.commit))) throw error;
      warn(`${error.message} The files of ${id} that are in the cache are used.`, "offline");
      return undefined;
    }
    if (await cache.hasSnapshot(this.commit)) await cache.writeListing(this.commit, this.#listing);
    return this.#listing;
  }

  /**
   * Records the commit of the revision, and the listing: after the first file, so that no record is empty, and, for
   * concurrent downloads, after the last one. While an older commit is held, not before it is released.
   */
  async #remember(): Promise<void> {
    const { cache, revision } = this.#parts;
    if (this.#fetching > 0) return;
    if (this.#listing !== undefined && (await cache.readListing(this.commit)) === undefined) {
      await cache.writeListing(this.commit, this.#listing);
    }
    if (this.#parts.client === undefined || this.#parts.unreachable !== undefined) return;
    if (this.#holdsRevision && (await cache.readCommit(revision)) !== undefined) return;
    await cache.writeCommit(revision, this.commit);
  }

  #notCached(path: string, outage: Error | undefined): OfflineError {
    const { cache, id, revision } = this.#parts;
    const reason =
      outage === undefined
        ? "requests are not allowed (localFilesOnly or HF_HUB_OFFLINE)"
        : "the endpoint could not be reached";
    return new OfflineError(
      {
        subject: `${path} of ${id} at ${revision} (commit ${this.commit})`,
        found: `nothing in ${cache.store.place}`,
        expected: `the file, since ${reason}`,
        remedy: "Download it once while online, or name the cache folder that has it (option cacheDir).",
        summary: `${path} of ${id} at ${revision} (commit ${this.commit}) is not in ${cache.store.place}, and ${reason}.`,
      },
      { cause: outage },
    );
  }
}

const notThere: OriginFile = { file: undefined, isCached: false };

/** Whether a server that has just failed may respond now. An unreachable one is not tried again. */
function isPassing(outage: Error | undefined): boolean {
  return outage === undefined || !ConnectionError.isInstance(outage) || outage.retry === "soon";
}

/** The differences between Node and browsers. */
interface HubPlatform {
  readonly cache: HubCache;
  /** Called if requests are allowed. */
  readonly makeClient: () => Promise<HubClient>;
  readonly startDownload: (client: HubClient) => StartHubDownload;
  /** See `HubOriginParts`. */
  readonly needsListing: boolean;
}

/**
 * Opens a Hub repository with a cache. The revision is resolved to a commit once, here; if the endpoint is unreachable
 * or fails, and the revision is cached, the cached commit is used with a warning.
 */
export async function openHubRepository(
  request: HubRequest,
  options: OpenRepositoryOptions,
  { makeClient, needsListing, startDownload, cache }: HubPlatform,
): Promise<Repository> {
  const { environment, id } = request;
  const revision = checkRevision(request.revision);
  const { holdRevision = false } = options;
  const common = { id, revision, cache, needsListing, holdRevision, unreachable: undefined };
  if (isOffline(options.localFilesOnly, environment)) {
    const commit = await cache.readCommit(revision);
    if (commit === undefined) throw notCached(cache, id, revision);
    return toRepository({
      ...common,
      commit,
      client: undefined,
      startDownload: async () => ({ isCertain: false }),
    });
  }
  const client = await makeClient();
  const connected = { ...common, client, startDownload: startDownload(client) };
  if (isCommit(revision)) return toRepository({ ...connected, commit: revision });
  const cached = await cache.readCommit(revision);
  const revisionRequest = { id, revision, signal: options.signal };
  try {
    const commit =
      cached === undefined
        ? await resolveRevision(client, revisionRequest)
        : // If there is a cached copy to fall back on, one try is enough.
          await retryWhenCut(() => resolveRevision(client, { ...revisionRequest, retry: noRetries }));
    return toRepository({ ...connected, commit });
  } catch (error) {
    if (!leavesCopyInUse(error) || cached === undefined) throw error;
    warn(
      `${error.message} The copy of ${id} in the cache is used (${revision}, commit ${cached}).`,
      "offline",
    );
    return toRepository({ ...connected, commit: cached, unreachable: error });
  }
}

function toRepository(parts: HubOriginParts): Repository {
  return new CachedRepository(new HubOrigin(parts));
}

/** A revision is used as a file name in the cache. */
function checkRevision(revision: string): string {
  const fault = findPathFault(revision);
  if (fault === undefined) return revision;
  throw new InvalidArgumentError({
    subject: "option revision",
    found: `${JSON.stringify(revision)}, which ${fault}`,
    expected: "the name of a branch or tag, or a commit",
    remedy: "Correct it, or leave it out for the branch main.",
  });
}

function notCached(cache: HubCache, id: string, revision: string): OfflineError {
  return new OfflineError({
    subject: `${id} at ${revision}`,
    found: `nothing in ${cache.store.place}`,
    expected: "the repository, since requests are not allowed (localFilesOnly or HF_HUB_OFFLINE)",
    remedy: "Download it once while online, or name the cache folder that has it (option cacheDir).",
    summary: `${id} at ${revision} is not in ${cache.store.place}, and requests are not allowed (localFilesOnly or HF_HUB_OFFLINE).`,
  });
}
