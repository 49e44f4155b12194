import { ServerError } from "../errors/server-error.ts";
import type { HubClient } from "./hub-client.ts";
import { toHubFailure } from "./hub-failure.ts";
import { isCommit } from "./object-id.ts";

/**
 * Asks which commit a branch, a tag or a short commit hash stands for.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export async function resolveRevision(
  client: HubClient,
  id: string,
  revision: string,
  signal?: AbortSignal,
): Promise<string> {
  const url = client.url(`/api/models/${id}/revision/${encodeURIComponent(revision)}`);
  const answer = await client.send(url, { signal });
  if (answer.status !== 200) {
    await answer.discard();
    throw toHubFailure(answer, { id, revision, endpoint: client.endpoint, hasToken: client.hasToken });
  }
  const info = await answer.json(client.metadataPatience);
  const commit = typeof info === "object" && info !== null && "sha" in info ? info.sha : undefined;
  if (typeof commit === "string" && isCommit(commit)) return commit;
  throw new ServerError(
    {
      subject: `revision ${revision} of ${id}`,
      found: commit === undefined ? "no commit in the answer" : `the commit ${JSON.stringify(commit)}`,
      expected: "40 hexadecimal digits",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: answer.status },
  );
}
