import { MissingTokenError, OfflineError } from "../errors.ts";
import { resolveRetryPolicy } from "../http/retry.ts";
import { fetchListing, HubClient, resolveRevision } from "../hub-api/client.ts";
import { page } from "../hub-api/failure.ts";
import { resolveToken } from "../node/settings.ts";
import type { HubRequest } from "../platform.ts";
import { isOffline, uploadTimeout } from "../settings.ts";
import { type CommitRequest, commitFiles, UploadProgress } from "./commit-files.node.ts";
import { addOwner, createRepository } from "./create-repository.ts";
import type { UploadFile, UploadFilesOptions, UploadReport } from "./upload-files.ts";
import { UploadTransport, type UploadTransportOptions } from "./upload-transport.ts";

/** Puts files into a repository of the Hub, in one commit, from Node. Everything was checked before. */
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
  const makeTransport = (
    id: string,
    onSent: UploadTransportOptions["onSent"] = () => {},
  ): UploadTransport => {
    const target = { id, revision, endpoint, hasToken: true };
    return new UploadTransport({ ...common, timeout, target, onSent });
  };
  const id = await addOwner(makeTransport(request.id), request.id, signal);
  await createRepository(makeTransport(id), { id, isPrivate: options.private, signal });
  const client = new HubClient({
    ...common,
    endpoint,
    redirects: "here",
    metadataTimeout: timeout,
    downloadTimeout: timeout,
  });
  const plan = await planCommit(client, { ...request, id }, { ...options, files });
  const progress = new UploadProgress(plan.files, options.onProgress);
  const transport = makeTransport(id, (path, bytes) => progress.sent(path, bytes));
  const { commit, pullRequestUrl } = await commitFiles(transport, {
    ...plan,
    id,
    branch: revision,
    message: options.commitMessage ?? "Upload files",
    description: options.commitDescription,
    isPullRequest: options.createPr === true,
    progress,
    signal,
  });
  return { repositoryId: id, commit: commit.oid, url: commit.url, pullRequestUrl };
}

/** Which files are to be there after the commit, and which are not, as far as that depends on what is there now. */
async function planCommit(
  client: HubClient,
  { id, revision }: HubRequest,
  options: UploadFilesOptions & { readonly files: readonly UploadFile[] },
): Promise<Pick<CommitRequest, "files" | "removed">> {
  const { files, filesIfAbsent, isObsolete, signal } = options;
  if (isObsolete === undefined && filesIfAbsent === undefined) return { files, removed: [] };
  const commit = await resolveRevision(client, { id, revision, signal });
  const present = await fetchListing(client, { id, commit, signal });
  const named = new Set(files.map(({ path }) => path));
  const more = filesIfAbsent?.(id).filter(({ path }) => !named.has(path) && !present.has(path)) ?? [];
  const removed = [...present.keys()].filter((path) => !named.has(path) && isObsolete?.(path) === true);
  return { files: [...files, ...more], removed };
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
