import { InvalidArgumentError } from "@onestep/core";
import { errorMessage } from "@onestep/core/internal";
import {
  ConflictError,
  ConnectionError,
  HubError,
  IntegrityError,
  InvalidTokenError,
  MissingTokenError,
  OfflineError,
  PermissionDeniedError,
  ServerError,
  UploadRejectedError,
} from "../errors.ts";
import { pause, resolveRetryPolicy } from "../http/retry.ts";
import { fetchListing, HubClient, type RepositoryListing, resolveRevision } from "../hub-api/client.ts";
import { page } from "../hub-api/failure.ts";
import { resolveToken } from "../node/settings.ts";
import type { HubRequest } from "../platform.ts";
import { isOffline, uploadTimeout } from "../settings.ts";
import { findRepositoryIdFault } from "../validators.ts";
import { type CommitRequest, commitFiles, type MadeCommit, UploadProgress } from "./commit-files.node.ts";
import { UploadClient, type UploadClientOptions } from "./upload-client.node.ts";
import type { UploadFile, UploadFilesOptions, UploadReport } from "./upload-files.ts";

/** Uploads files to a repository of the Hub in one commit, from Node. The arguments have been checked. */
export async function uploadFilesToHub(
  request: HubRequest,
  files: readonly UploadFile[],
  options: UploadFilesOptions,
): Promise<UploadReport> {
  const { endpoint, environment, revision } = request;
  const { signal } = options;
  if (isOffline(false, environment)) throw notAllowed(request.id);
  const token = await resolveToken(options.token, environment);
  if (token === undefined) throw withoutToken(request);
  const timeout = uploadTimeout(environment);
  const common = { fetch: options.fetch ?? fetch, token, retry: resolveRetryPolicy(options.retry) };
  const makeClient = (id: string, onSent?: UploadClientOptions["onSent"]): UploadClient => {
    const target = { id, revision, endpoint, hasToken: true };
    return new UploadClient({ ...common, timeout, target, onSent });
  };
  const id = await addOwner(makeClient(request.id), request.id, signal);
  await createRepository(makeClient(id), id, options);
  const reader = new HubClient({
    ...common,
    endpoint,
    redirects: "here",
    metadataTimeout: timeout,
    downloadTimeout: timeout,
  });
  const plan = await planCommit(reader, { ...request, id }, { ...options, files });
  const progress = new UploadProgress(plan.files, options.onProgress);
  const made = await commitFiles(
    makeClient(id, (path, bytes) => progress.sent(path, bytes)),
    {
      ...plan,
      id,
      branch: revision,
      message: options.commitMessage ?? "Upload files",
      description: options.commitDescription,
      isPullRequest: options.createPr === true,
      progress,
      signal,
    },
  );
  await checkCommit(reader, { id, made, plan, signal });
  const { commit, pullRequestUrl } = made;
  return { repositoryId: id, commit: commit.oid, url: commit.url, pullRequestUrl };
}

/** The id of a repository with its owner; by default the owner of the token. */
async function addOwner(client: UploadClient, id: string, signal: AbortSignal | undefined): Promise<string> {
  if (id.includes("/")) return id;
  const account = await client
    .call((hub, parameters) => hub.whoAmI(parameters), signal)
    .catch((error: unknown) => {
      // A mirror without accounts.
      if (ServerError.isInstance(error) && error.status === 200) return undefined;
      throw error;
    });
  const owned = `${account?.name}/${id}`;
  if (typeof account?.name === "string" && findRepositoryIdFault(owned) === undefined) return owned;
  throw new InvalidArgumentError({
    subject: "repositoryId",
    found: `${JSON.stringify(id)}, without an owner, and an endpoint that does not say whose the token is`,
    expected: '"owner/name"',
    remedy: "Name the owner.",
  });
}

const conflictTries = 5;

/**
 * Creates a repository for a model, unless it exists. A token that may not create repositories is enough for one that
 * exists.
 *
 * @throws InvalidTokenError, PermissionDeniedError, UploadRejectedError, ConflictError, ServerError, ConnectionError.
 */
async function createRepository(
  client: UploadClient,
  id: string,
  { private: isPrivate, signal }: UploadFilesOptions,
): Promise<void> {
  const repo = { type: "model", name: id } as const;
  const visibility = isPrivate === true ? "private" : "public";
  const wanted: { repo: typeof repo; visibility?: typeof visibility } =
    isPrivate === undefined ? { repo } : { repo, visibility };
  for (let tries = 1; ; tries += 1) {
    try {
      await client.call((hub, parameters) => hub.createRepo({ ...parameters, ...wanted }), signal);
      return;
    } catch (error) {
      const isConflict = ConflictError.isInstance(error);
      const isBusy = isConflict && error.message.includes("another conflicting operation");
      if (isBusy && tries < conflictTries) {
        await pause(Math.min(client.retry.baseWaitTime * tries, client.retry.maxWaitTime), signal);
      } else if (isBusy || !(isConflict || (await exists(client, id, error, signal)))) {
        throw error;
      } else {
        return;
      }
    }
  }
}

/** Whether there is a repository, which could not be created because the token may only write to it. */
async function exists(
  client: UploadClient,
  id: string,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const kinds = [InvalidTokenError, PermissionDeniedError, UploadRejectedError];
  if (!kinds.some((kind) => kind.isInstance(error))) return false;
  try {
    await client.call((hub, parameters) => hub.checkRepoAccess({ ...parameters, repo: id }), signal);
    return true;
  } catch (reason) {
    if (HubError.isInstance(reason)) return false;
    throw reason;
  }
}

type CommitPlan = Pick<CommitRequest, "files" | "parentCommit" | "removed">;

/** Which files to upload and to remove, which can depend on the files of the branch. */
async function planCommit(
  reader: HubClient,
  { id, revision }: HubRequest,
  options: UploadFilesOptions & { readonly files: readonly UploadFile[] },
): Promise<CommitPlan> {
  const { files, filesIfAbsent, isObsolete, signal } = options;
  if (isObsolete === undefined && filesIfAbsent === undefined) {
    return { files, parentCommit: undefined, removed: [] };
  }
  const commit = await resolveRevision(reader, { id, revision, signal });
  const present = await fetchListing(reader, { id, commit, signal });
  const named = new Set(files.map(({ path }) => path));
  const more = filesIfAbsent?.(id).filter(({ path }) => !named.has(path) && !present.has(path)) ?? [];
  const removed = [...present.keys()].filter((path) => !named.has(path) && isObsolete?.(path) === true);
  return { files: [...files, ...more], parentCommit: commit, removed };
}

/** The plan of a commit, and the commit. */
interface CommitCheck {
  readonly id: string;
  readonly made: MadeCommit;
  readonly plan: CommitPlan;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads the commit back: each file has to have the length and the id of the content that was read from its source, and
 * removed files have to be gone.
 *
 * @throws IntegrityError if they differ; ServerError or ConnectionError if the commit cannot be read.
 */
async function checkCommit(reader: HubClient, { id, made, plan, signal }: CommitCheck): Promise<void> {
  const commit = made.commit.oid;
  const address = page(reader.endpoint, `${id}/tree/${commit}`);
  let listing: RepositoryListing;
  try {
    listing = await fetchListing(reader, { id, commit, signal });
  } catch (error) {
    if (!HubError.isInstance(error)) throw error;
    const problem = {
      subject: `commit ${commit} of ${id}`,
      found: errorMessage(error),
      expected: "the list of its files, to check what was committed",
      remedy: `The commit was made: look at ${address}, and upload again if a file is missing there.`,
    };
    if (ConnectionError.isInstance(error))
      throw new ConnectionError(problem, { cause: error, retry: "never" });
    throw new ServerError(problem, {
      status: ServerError.isInstance(error) ? error.status : 404,
      cause: error,
    });
  }
  for (const { path, size } of plan.files) {
    const listed = listing.get(path);
    const sent = made.contents.get(path);
    const expected = listed?.sha256 === undefined ? sent?.gitId : sent?.sha256;
    const found = listed?.sha256 ?? listed?.gitId;
    if (listed?.size === size && found === expected) continue;
    throw badCommit(`${path} in commit ${commit} of ${id}`, {
      found: listed === undefined ? "no file" : `${listed.size} bytes with the id ${found}`,
      expected: `${size} bytes with the id ${expected}`,
      address,
    });
  }
  const kept = plan.removed.find((path) => listing.has(path));
  if (kept === undefined) return;
  const subject = `${kept} in commit ${commit} of ${id}`;
  throw badCommit(subject, { found: "the file", expected: "no file, since it was to be removed", address });
}

function badCommit(
  subject: string,
  { address, ...problem }: { readonly address: string; readonly found: string; readonly expected: string },
): IntegrityError {
  return new IntegrityError({ subject, ...problem, remedy: `Look at ${address}, and upload again.` });
}

function withoutToken({ id, endpoint }: HubRequest): MissingTokenError {
  return new MissingTokenError({
    subject: `upload to ${id}`,
    found: "no access token",
    expected: "a token that may write there",
    remedy: `Make one at ${page(endpoint, "settings/tokens")} and pass it (option token, or HF_TOKEN), or run hf auth login.`,
  });
}

function notAllowed(id: string): OfflineError {
  return new OfflineError({
    subject: `upload to ${id}`,
    found: "HF_HUB_OFFLINE, or TRANSFORMERS_OFFLINE",
    expected: "to be allowed to make requests",
    remedy: "Unset it, and upload again.",
  });
}
