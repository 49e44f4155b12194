import { isOffline, uploadPatience } from "../../environment/hub-settings.ts";
import { MissingTokenError } from "../../errors/missing-token-error.ts";
import { OfflineError } from "../../errors/offline-error.ts";
import { resolveRetryPolicy } from "../../http/retry-policy.ts";
import { HubClient } from "../../hub-api/hub-client.ts";
import { page } from "../../hub-api/hub-failure.ts";
import { fetchListing } from "../../hub-api/repository-listing.ts";
import { resolveRevision } from "../../hub-api/resolve-revision.ts";
import type { HubRequest } from "../../platform/platform.ts";
import type { UploadFile } from "../../upload/upload-file.ts";
import type { UploadFilesOptions, UploadReport } from "../../upload/upload-files-options.ts";
import { resolveToken } from "../token.ts";
import { commitFiles } from "./commit-files.ts";
import { addOwner, createRepository } from "./create-repository.ts";
import { UploadProgress } from "./upload-progress.ts";
import { UploadTransport } from "./upload-transport.ts";

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
  const progress = new UploadProgress(files, options.onProgress);
  const retry = resolveRetryPolicy(options.retry);
  const patience = uploadPatience(environment);
  const common = { fetch: options.fetch ?? fetch, token, retry };
  const makeTransport = (id: string): UploadTransport =>
    new UploadTransport({
      ...common,
      patience,
      question: { id, revision, endpoint, hasToken: true },
      onSent: (path, bytes) => progress.sent(path, bytes),
    });
  const id = await addOwner(makeTransport(request.id), request.id, signal);
  const transport = makeTransport(id);
  await createRepository(transport, { id, isPrivate: options.private, signal });
  const removed = await findObsolete(
    new HubClient({
      ...common,
      endpoint,
      redirects: "here",
      metadataPatience: patience,
      downloadPatience: patience,
    }),
    { ...request, id },
    { files, isObsolete: options.isObsolete, signal },
  );
  const { commit, pullRequestUrl } = await commitFiles(transport, {
    id,
    branch: revision,
    files,
    removed,
    message: options.commitMessage ?? "Upload files",
    description: options.commitDescription,
    isPullRequest: options.createPr === true,
    progress,
    signal,
  });
  return { repositoryId: id, commit: commit.oid, url: commit.url, pullRequestUrl };
}

async function findObsolete(
  client: HubClient,
  { id, revision }: HubRequest,
  {
    files,
    isObsolete,
    signal,
  }: Pick<UploadFilesOptions, "isObsolete" | "signal"> & { files: readonly UploadFile[] },
): Promise<readonly string[]> {
  if (isObsolete === undefined) return [];
  const commit = await resolveRevision(client, { id, revision, signal });
  const uploaded = new Set(files.map(({ path }) => path));
  const paths = [...(await fetchListing(client, { id, commit, signal })).keys()];
  return paths.filter((path) => !uploaded.has(path) && isObsolete(path));
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
