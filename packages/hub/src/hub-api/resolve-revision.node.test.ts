import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { makeClient } from "../__fixtures__/make-client.ts";
import { ConnectionError } from "../errors/connection-error.ts";
import { GatedRepositoryError } from "../errors/gated-repository-error.ts";
import { InvalidTokenError } from "../errors/invalid-token-error.ts";
import { RepositoryNotFoundError } from "../errors/repository-not-found-error.ts";
import { RevisionNotFoundError } from "../errors/revision-not-found-error.ts";
import { ServerError } from "../errors/server-error.ts";
import { noRetries } from "../http/retry-policy.ts";
import { resolveRevision } from "./resolve-revision.ts";

const startHub = fakeHubs();
const repositories = {
  "a/b": { files: { "x.json": "{}" }, revisions: { "refs/pr/1": { "x.json": "[]" } } },
  "a/private": { files: {}, privateToken: "hf_owner" },
};

describe("resolveRevision", () => {
  it("resolves branches, references and short commits", async () => {
    const hub = await startHub({ repositories });
    const client = makeClient(hub.endpoint);
    const main = hub.commit("a/b");
    expect(await resolveRevision(client, { id: "a/b", revision: "main" })).toBe(main);
    expect(await resolveRevision(client, { id: "a/b", revision: main.slice(0, 7) })).toBe(main);
    expect(await resolveRevision(client, { id: "a/b", revision: "refs/pr/1" })).toBe(
      hub.commit("a/b", "refs/pr/1"),
    );
    expect(hub.requests.at(-1)?.path).toBe("/api/models/a/b/revision/refs%2Fpr%2F1");
  });

  it("follows a repository that was renamed, with the token", async () => {
    const hub = await startHub({ repositories, renamed: { "old/name": "a/private" } });
    const client = makeClient(hub.endpoint, "hf_owner");
    expect(await resolveRevision(client, { id: "old/name", revision: "main" })).toBe(hub.commit("a/private"));
  });

  it("tells what is wrong with the repository, the revision or the token", async () => {
    const hub = await startHub({ repositories, tokens: ["hf_other"] });
    const ask = (id: string, revision: string, token?: string) =>
      caught(resolveRevision(makeClient(hub.endpoint, token), { id, revision }));

    const missing = await ask("a/none", "main");
    expect(RepositoryNotFoundError.isInstance(missing)).toBe(true);
    expect(missing.message).toContain(`repository a/none at ${hub.endpoint}`);
    expect(missing.message).toContain("If the repository is private, pass a token");
    expect(RepositoryNotFoundError.isInstance(await ask("a/none", "main", "hf_other"))).toBe(true);
    expect(RepositoryNotFoundError.isInstance(await ask("a/private", "main"))).toBe(true);
    expect(RepositoryNotFoundError.isInstance(await ask("a/private", "main", "hf_other"))).toBe(true);

    const revision = await ask("a/b", "v9");
    expect(RevisionNotFoundError.isInstance(revision)).toBe(true);
    expect(revision.message).toContain('revision v9 of a/b: found HTTP 404 ("Invalid rev id: v9")');

    const token = await ask("a/b", "main", "hf_wrong");
    expect(InvalidTokenError.isInstance(token)).toBe(true);
    expect(token.message).toContain("/settings/tokens");
    expect(token.message).not.toContain("hf_wrong");
  });

  it("tells a gate by its code, and by a bare 403", async () => {
    const hub = await startHub({ repositories });
    hub.addFault({ status: 403, headers: { "X-Error-Code": "GatedRepo" }, times: 1 });
    hub.addFault({ status: 403, times: 1 });
    for (let count = 0; count < 2; count += 1) {
      const error = await caught(resolveRevision(makeClient(hub.endpoint), { id: "a/b", revision: "main" }));
      expect(GatedRepositoryError.isInstance(error)).toBe(true);
      expect(error.message).toContain(`Accept its licence at ${hub.endpoint}/a/b, then pass a token`);
    }
  });

  it("tells a server that fails, and how long it asks to wait", async () => {
    const hub = await startHub({ repositories });
    hub.addFault({ status: 503, times: 1 });
    hub.addFault({ status: 429, headers: { "Retry-After": "30" }, times: 1 });
    const client = makeClient(hub.endpoint);
    const question = { id: "a/b", revision: "main", retry: noRetries };
    const failing = await caught(resolveRevision(client, question));
    expect(ServerError.isInstance(failing) && failing.status).toBe(503);
    expect(failing.message).toContain("Try again later");
    const busy = await caught(resolveRevision(client, question));
    expect(ServerError.isInstance(busy) && busy.retryAfterSeconds).toBe(30);
    expect(busy.message).toContain("found HTTP 429 (too many requests)");
    expect(busy.message).toContain("Try again in 30 s");
  });

  it.each([
    ["{}", "no commit in the answer"],
    ["null", "no commit in the answer"],
    ['{"sha": "../../etc"}', 'the commit "../../etc"'],
    ["<html>", "something else"],
  ])("tells an answer that is not the Hub's: %s", async (body, message) => {
    const hub = await startHub({ repositories });
    hub.addFault({ body });
    const error = await caught(resolveRevision(makeClient(hub.endpoint), { id: "a/b", revision: "main" }));
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
  });

  it("tells a host that does not exist", async () => {
    // Port 1 of the loopback: refused everywhere.
    const error = await caught(
      resolveRevision(makeClient("http://127.0.0.1:1"), { id: "a/b", revision: "main" }),
    );
    expect(ConnectionError.isInstance(error)).toBe(true);
  });
});
