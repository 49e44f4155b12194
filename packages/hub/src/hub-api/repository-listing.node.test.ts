import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { makeClient } from "../__fixtures__/make-client.ts";
import { RepositoryNotFoundError } from "../errors/repository-not-found-error.ts";
import { ServerError } from "../errors/server-error.ts";
import { fetchListing } from "./repository-listing.ts";

const startHub = fakeHubs();
const files = Object.fromEntries(
  Array.from({ length: 7 }, (_, index) => [`folder/${index}.json`, `${index}`]),
);
const repositories = { "a/b": { files } };

describe("fetchListing", () => {
  it("follows the pages", async () => {
    const hub = await startHub({ repositories, pageSize: 3 });
    const listing = await fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") });
    expect([...listing.keys()]).toEqual(Object.keys(files));
    expect(listing.get("folder/3.json")?.size).toBe(1);
    expect(hub.requests).toHaveLength(3);
    expect(hub.requests[0]?.path).toContain("recursive=true");
  });

  it("asks a mirror for the next page, although it passes on the Hub's address", async () => {
    const hub = await startHub({ repositories, pageSize: 3, basePath: "/mirror" });
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
    const hub = await startHub({ repositories });
    hub.addFault({ path: "/tree/", body, headers });
    const error = await caught(
      fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") }),
    );
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
  });

  it("leaves out files whose path leads out of the repository", async () => {
    const hub = await startHub({ repositories });
    const oid = "1".repeat(40);
    const entries = ["../evil", "/etc/passwd", "fine"].map((path) => ({ type: "file", path, size: 1, oid }));
    hub.addFault({ path: "/tree/", body: JSON.stringify(entries) });
    const listing = await fetchListing(makeClient(hub.endpoint), { id: "a/b", commit: hub.commit("a/b") });
    expect([...listing.keys()]).toEqual(["fine"]);
  });

  it("tells a repository that is not there", async () => {
    const hub = await startHub({ repositories });
    const error = await caught(
      fetchListing(makeClient(hub.endpoint), { id: "a/none", commit: hub.commit("a/b") }),
    );
    expect(RepositoryNotFoundError.isInstance(error)).toBe(true);
  });
});
