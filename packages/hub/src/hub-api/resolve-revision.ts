import { ServerError } from "../errors/server-error.ts";
import { fetchJson, type JsonQuestion } from "./fetch-json.ts";
import type { HubClient } from "./hub-client.ts";
import { isCommit } from "./object-id.ts";

/**
 * Asks which commit a branch, a tag or a short commit hash stands for.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export async function resolveRevision(client: HubClient, question: JsonQuestion): Promise<string> {
  const { id, revision } = question;
  const url = client.url(`/api/models/${id}/revision/${encodeURIComponent(revision)}`);
  const { status, value: info } = await fetchJson(client, url, question);
  const commit = typeof info === "object" && info !== null && "sha" in info ? info.sha : undefined;
  if (typeof commit === "string" && isCommit(commit)) return commit;
  throw new ServerError(
    {
      subject: `revision ${revision} of ${id}`,
      found: commit === undefined ? "no commit in the answer" : `the commit ${JSON.stringify(commit)}`,
      expected: "40 hexadecimal digits",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status },
  );
}
