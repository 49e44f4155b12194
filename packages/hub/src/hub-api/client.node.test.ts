import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { fakeHubs, makeClient } from "../__fixtures__/fake-hubs.ts";
import {
  ConnectionError,
  GatedRepositoryError,
  InvalidTokenError,
  RepositoryNotFoundError,
  RevisionNotFoundError,
  ServerError,
} from "../errors.ts";
import { noRetries } from "../http/retry.ts";
import { fetchListing, resolveRevision } from "./client.ts";

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
    ["{}", "no commit in the response"],
    ["null", "no commit in the response"],
    ['{"sha": "../../etc"}', 'the commit "../../etc"'],
    ["<html>", "something else"],
  ])("tells a response that is not the Hub's: %s", async (body, message) => {
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

const files = Object.fromEntries(
  Array.from({ length: 7 }, (_, index) => [`folder/${index}.json`, `${index}`]),
);
const listedRepositories = { "a/b": { files } };

describe("fetchListing", () => {
  it("follows the pages", async () => {
    const hub = await startHub({ repositories: listedRepositories, pageSize: 3 });
    const listing = await fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") });
    expect([...listing.keys()]).toEqual(Object.keys(files));
    expect(listing.get("folder/3.json")?.size).toBe(1);
    expect(hub.requests).toHaveLength(3);
    expect(hub.requests[0]?.path).toContain("recursive=true");
  });

  it("asks a mirror for the next page, although it passes on the Hub's address", async () => {
    const hub = await startHub({ repositories: listedRepositories, pageSize: 3, basePath: "/mirror" });
    hub.addFault({
      path: "/tree/",
      times: 1,
      body: "[]",
      headers: { Link: '<https://huggingface.co/api/models/a/b/tree/main?cursor=3>; rel="next"' },
    });
    const listing = await fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") });
    expect(listing.has("folder/6.json")).toBe(true);
    expect(hub.requests.every(({ path }) => path.startsWith("/mirror/api/models/a/b/tree/"))).toBe(true);
  });

  it.each([
    ["{}", {}, "no list of files"],
    ['[{"type":"file","path":"x"}]', {}, "an entry without a path, a size or an object id"],
    ["[]", { Link: '<?x=1>; rel="next"' }, "a next page without a new cursor"],
    ["[]", { Link: '<?cursor=1>; rel="next"' }, "a next page without a new cursor"],
    ["[]", { Link: '<http://[>; rel="next"' }, "a next page without a valid address"],
    ["<html>", {}, "something else"],
  ])("tells a listing out of form: %s %j", async (body, headers, message) => {
    const hub = await startHub({ repositories: listedRepositories });
    hub.addFault({ path: "/tree/", body, headers });
    const error = await caught(
      fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") }),
    );
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
  });

  it("leaves out files whose path leads out of the repository", async () => {
    const hub = await startHub({ repositories: listedRepositories });
    const oid = "1".repeat(40);
    const entries = ["../evil", "/etc/passwd", "fine"].map((path) => ({ type: "file", path, size: 1, oid }));
    hub.addFault({ path: "/tree/", body: JSON.stringify(entries) });
    const listing = await fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") });
    expect([...listing.keys()]).toEqual(["fine"]);
  });

  it("tells a repository that is not there", async () => {
    const hub = await startHub({ repositories: listedRepositories });
    const error = await caught(
      fetchListing(makeClient(hub.endpoint), { id: "a/none", commit: hub.commit("a/b") }),
    );
    expect(RepositoryNotFoundError.isInstance(error)).toBe(true);
  });
});
