import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeHub, startFakeHub } from "./start-fake-hub.ts";

const content = new Uint8Array(150_000).fill(7);
const sha256 = createHash("sha256").update(content).digest("hex");
let hub: FakeHub;

beforeEach(async () => {
  hub = await startFakeHub({
    pageSize: 2,
    tokens: ["hf_stranger"],
    renamed: { "old/name": "a/b" },
    repositories: {
      "a/b": {
        files: {
          "x.json": "{}",
          "unet/w.bin": { bytes: content, lfs: true },
          "c.bin": { bytes: content, xet: true },
        },
        revisions: { "refs/pr/1": { "x.json": "[]" } },
      },
      "a/private": { files: { "x.json": "{}" }, privateToken: "hf_owner" },
      "a/gated": { files: { "x.json": "{}" }, gatedToken: "hf_accepted" },
    },
  });
});
afterEach(() => hub.close());

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${hub.endpoint}${path}`, { redirect: "manual", ...init });
}

describe("a fake Hub", () => {
  it("tells the commit of a revision", async () => {
    for (const path of [
      "",
      "/revision/main",
      `/revision/${hub.commit("a/b")}`,
      `/revision/${hub.commit("a/b").slice(0, 7)}`,
    ]) {
      expect(await (await ask(`/api/models/a/b${path}`)).json()).toMatchObject({
        id: "a/b",
        sha: hub.commit("a/b"),
      });
    }
    const request = await (await ask("/api/models/a/b/revision/refs%2Fpr%2F1")).json();
    expect(request).toMatchObject({ sha: hub.commit("a/b", "refs/pr/1") });
    const missing = await ask("/api/models/a/b/revision/none");
    expect([missing.status, missing.headers.get("X-Error-Code")]).toEqual([404, "RevisionNotFound"]);
  });

  it("lists files and folders by pages", async () => {
    const first = await ask("/api/models/a/b/tree/main?recursive=true");
    expect(await first.json()).toHaveLength(2);
    const [, next] = /<(.+)>; rel="next"/.exec(first.headers.get("Link") ?? "") ?? [];
    const second = await fetch(next ?? "");
    expect(second.headers.get("Link")).toBeNull();
    expect(await second.json()).toMatchObject([
      { type: "file", path: "unet/w.bin", size: 150_000, lfs: { oid: sha256, size: 150_000 } },
      { type: "file", path: "x.json", size: 2, oid: "9e26dfeeb6e641a33dae4961196235bdb965b21b" },
    ]);
    const body = JSON.stringify({ paths: ["x.json", "none"] });
    const info = await (await ask("/api/models/a/b/paths-info/main", { method: "POST", body })).json();
    expect(info).toMatchObject([{ path: "x.json" }]);
  });

  it("serves small files itself and sends to the other host for large ones", async () => {
    const small = await ask("/a/b/resolve/main/x.json");
    expect(await small.text()).toBe("{}");
    expect(small.headers.get("ETag")).toBe('"9e26dfeeb6e641a33dae4961196235bdb965b21b"');
    expect(small.headers.get("X-Repo-Commit")).toBe(hub.commit("a/b"));
    const head = await ask("/a/b/resolve/main/unet/w.bin", { method: "HEAD" });
    expect(head.status).toBe(302);
    expect(head.headers.get("X-Linked-ETag")).toBe(`"${sha256}"`);
    expect(head.headers.get("X-Linked-Size")).toBe("150000");
    const location = head.headers.get("Location") ?? "";
    expect(location.startsWith(hub.cdnEndpoint)).toBe(true);
    const part = await fetch(location, { headers: { Range: "bytes=10-19" } });
    expect([part.status, part.headers.get("Content-Range")]).toEqual([206, "bytes 10-19/150000"]);
    expect((await part.arrayBuffer()).byteLength).toBe(10);
    expect((await fetch(location, { headers: { Range: "bytes=150000-" } })).status).toBe(416);
    const missing = await ask("/a/b/resolve/main/none");
    expect([missing.status, missing.headers.get("X-Error-Code")]).toEqual([404, "EntryNotFound"]);
    expect(hub.requests.map(({ host }) => host)).toEqual(["hub", "hub", "cdn", "cdn", "hub"]);
  });

  it("offers chunks of files in Xet storage", async () => {
    const head = await ask("/a/b/resolve/main/c.bin");
    const hash = head.headers.get("X-Xet-Hash");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const token = await (await ask(`/api/models/a/b/xet-read-token/${hub.commit("a/b")}`)).json();
    const plan = await fetch(`${hub.cdnEndpoint}/v2/reconstructions/${hash}`, {
      headers: { Authorization: `Bearer ${token.accessToken}` },
    });
    expect(await plan.json()).toMatchObject({
      terms: [{ unpacked_length: 150_000, range: { start: 0, end: 3 } }],
    });
    expect((await fetch(`${hub.cdnEndpoint}/v2/reconstructions/${hash}`)).status).toBe(401);
    const chunks = await (await fetch(`${hub.cdnEndpoint}/xorbs/${hash}/0`)).arrayBuffer();
    expect(chunks.byteLength).toBe(150_000 + 3 * 8);
  });

  it.each([
    ["a/none", undefined, 401, null],
    ["a/none", "hf_stranger", 404, "RepoNotFound"],
    ["a/private", undefined, 401, null],
    ["a/private", "hf_stranger", 404, "RepoNotFound"],
    ["a/private", "hf_owner", 200, null],
    ["a/gated", undefined, 401, "GatedRepo"],
    ["a/gated", "hf_stranger", 403, "GatedRepo"],
    ["a/gated", "hf_accepted", 200, null],
    ["a/b", "hf_unknown", 401, null],
  ])("answers for %s with token %s: %i %s", async (id, token, status, code) => {
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const answer = await ask(`/${id}/resolve/main/x.json`, { headers });
    expect([answer.status, answer.headers.get("X-Error-Code")]).toEqual([status, code]);
  });

  it("sends on what was renamed", async () => {
    const answer = await ask("/api/models/old/name/revision/main");
    expect([answer.status, answer.headers.get("Location")]).toEqual([307, "/api/models/a/b/revision/main"]);
  });

  it("goes wrong when told to, as often as told", async () => {
    hub.addFault({ path: "x.json", status: 503, headers: { "Retry-After": "1" }, times: 1 });
    expect((await ask("/a/b/resolve/main/x.json")).status).toBe(503);
    expect((await ask("/a/b/resolve/main/x.json")).status).toBe(200);
    hub.addFault({ dropAfterBytes: 1 });
    await expect((await ask("/a/b/resolve/main/x.json")).text()).rejects.toThrow();
    hub.clearFaults();
    hub.addFault({ wrongBytes: true, times: 1 });
    expect(await (await ask("/a/b/resolve/main/x.json")).text()).not.toBe("{}");
    hub.addFault({ wrongLength: 2 });
    expect((await (await ask("/a/b/resolve/main/x.json")).arrayBuffer()).byteLength).toBe(4);
  });

  it("can be pushed to", async () => {
    const before = hub.commit("a/b");
    hub.update({ "a/b": { files: { "x.json": "[1]" } } });
    expect(hub.commit("a/b")).not.toBe(before);
    expect(await (await ask("/a/b/resolve/main/x.json")).text()).toBe("[1]");
    expect(() => hub.commit("a/none")).toThrow("the fake Hub has no a/none at main");
  });

  it("lets pages of other origins ask, and see the answers", async () => {
    const preflight = await ask("/a/b/resolve/main/unet/w.bin", {
      method: "OPTIONS",
      headers: { "Access-Control-Request-Headers": "authorization" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("Authorization");
    const range = await ask("/a/b/resolve/main/x.json", { headers: { Range: "bytes=0-0" } });
    expect(range.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(range.headers.get("Access-Control-Expose-Headers")).toContain("Content-Range");
    expect(hub.requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});
