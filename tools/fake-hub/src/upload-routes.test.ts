import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeHub, startFakeHub } from "./start-fake-hub.ts";

const content = new Uint8Array(2500).fill(9);
const sha256 = createHash("sha256").update(content).digest("hex");
let hub: FakeHub;

beforeEach(async () => {
  hub = await startFakeHub({
    repositories: { "me/old": { files: { "x.json": "{}" } } },
    renamed: { "me/older": "me/old" },
    tokens: ["hf_stranger"],
    accounts: {
      hf_me: { name: "me", organizations: ["us"] },
      hf_reader: { name: "me", readOnly: true },
    },
    partBytes: 1000,
  });
});
afterEach(() => hub.close());

function post(path: string, body: unknown, token: string | undefined = "hf_me"): Promise<Response> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`${hub.endpoint}${path}`, { method: "POST", headers, body: text, redirect: "manual" });
}

interface BatchObject {
  readonly actions?: { readonly upload: { readonly href: string; readonly header?: Record<string, string> } };
}

async function askWhereTo(size: number = content.length): Promise<BatchObject> {
  const answer = await post("/me/old.git/info/lfs/objects/batch", { objects: [{ oid: sha256, size }] });
  return (await answer.json()).objects[0];
}

function put(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, { method: "PUT", body, headers });
}

const commitLines = [
  { key: "header", value: { summary: "a message" } },
  { key: "file", value: { path: "new.txt", content: Buffer.from("new").toString("base64") } },
  { key: "lfsFile", value: { path: "w.safetensors", oid: sha256, size: content.length } },
  { key: "deletedFile", value: { path: "x.json" } },
];
const commitBody = commitLines.map((line) => JSON.stringify(line)).join("\n");

describe("uploads to a fake Hub", () => {
  it("make a repository, which may be private", async () => {
    const made = await post("/api/repos/create", { name: "new", visibility: "private", type: "model" });
    expect(await made.json()).toMatchObject({ url: `${hub.endpoint}/me/new` });
    expect([...hub.files("me/new").keys()]).toEqual([".gitattributes"]);
    expect((await fetch(`${hub.endpoint}/api/models/me/new`)).status).toBe(401);
    const inOrganization = await post("/api/repos/create", { name: "n", organization: "us" });
    expect(inOrganization.status).toBe(200);
  });

  it.each([
    ["without a token", { name: "new" }, undefined, 401],
    ["with an unknown token", { name: "new" }, "hf_unknown", 401],
    ["with a token that may not write", { name: "new" }, "hf_reader", 403],
    ["with a token of no account", { name: "new", organization: "me" }, "hf_stranger", 403],
    ["for somebody else", { name: "new", organization: "them" }, "hf_me", 403],
    ["of a name that is not allowed", { name: "reserved" }, "hf_me", 400],
    ["of a name that is taken", { name: "old" }, "hf_me", 409],
  ])("are refused %s", async (_what, body, token, status) => {
    // `fetch` with no token at all: the default parameter would put one in.
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${hub.endpoint}/api/repos/create`, init);
    expect(answer.status).toBe(status);
    expect((await answer.json()).error).toBeTypeOf("string");
  });

  it("tell who somebody is, and which files are large", async () => {
    const who = await fetch(`${hub.endpoint}/api/whoami-v2`, { headers: { Authorization: "Bearer hf_me" } });
    expect(await who.json()).toMatchObject({ name: "me", orgs: [{ name: "us" }] });
    const files = [
      { path: "x.json", size: 2 },
      { path: "w.safetensors", size: 9 },
    ];
    const modes = await (await post("/api/models/me/old/preupload/main", { files })).json();
    expect(modes.files).toMatchObject([
      { path: "x.json", uploadMode: "regular", oid: expect.stringMatching(/^[0-9a-f]{40}$/) },
      { path: "w.safetensors", uploadMode: "lfs", oid: null },
    ]);
    expect((await post("/api/models/me/old/preupload/none", { files })).status).toBe(404);
    const renamed = await post("/api/models/me/older/preupload/main", { files });
    expect([renamed.status, renamed.headers.get("Location")]).toEqual([
      307,
      "/api/models/me/old/preupload/main",
    ]);
  });

  it("take large files in parts, and commit", async () => {
    const { actions } = await askWhereTo();
    const { chunk_size, ...parts } = actions?.upload.header ?? {};
    expect([chunk_size, Object.keys(parts)]).toEqual(["1000", ["00001", "00002", "00003"]]);
    const early = await post("/api/models/me/old/commit/main", commitBody);
    expect((await early.json()).error).toContain("LFS pointer pointed to a file that does not exist");
    const etags: { partNumber: number; etag: string | null }[] = [];
    for (const [number, url] of Object.entries(parts)) {
      const index = Number(number) - 1;
      const answer = await put(url, content.slice(index * 1000, index * 1000 + 1000));
      etags.push({ partNumber: index + 1, etag: answer.headers.get("ETag") });
    }
    const completion = (actions?.upload.href ?? "").replace(hub.endpoint, "");
    expect((await post(completion, { oid: sha256, parts: etags.slice(1) })).status).toBe(400);
    expect((await post(completion, { oid: sha256, parts: etags })).status).toBe(200);
    const verify = { oid: sha256, size: content.length };
    expect((await post("/me/old.git/info/lfs/objects/verify", verify)).status).toBe(200);
    expect((await post("/me/old.git/info/lfs/objects/verify", { ...verify, size: 1 })).status).toBe(404);
    expect((await askWhereTo()).actions).toBeUndefined();

    const asked = await post("/api/models/me/old/commit/main?create_pr=1", commitBody);
    expect((await asked.json()).pullRequestUrl).toBe(`${hub.endpoint}/me/old/discussions/1`);
    expect([...hub.files("me/old").keys()]).toEqual(["x.json"]);
    const done = await (await post("/api/models/me/old/commit/main", commitBody)).json();
    expect(done.commitOid).toBe(hub.commit("me/old"));
    expect(hub.message("me/old")).toBe("a message");
    for (const revision of ["main", "refs/pr/1"]) {
      expect([...hub.files("me/old", revision).keys()]).toEqual(["new.txt", "w.safetensors"]);
    }
    const fetched = await fetch(`${hub.endpoint}/me/old/resolve/main/w.safetensors`);
    expect(new Uint8Array(await fetched.arrayBuffer())).toEqual(content);
  });

  it("take a large file whole, with a signed address and no token", async () => {
    const url = `${hub.cdnEndpoint}/upload/${sha256}`;
    expect((await put(`${url}?signature=secret`, content, { Authorization: "Bearer hf_me" })).status).toBe(
      400,
    );
    expect((await put(url, content)).status).toBe(400);
    expect((await put(`${url}?signature=secret`, content.slice(1))).status).toBe(400);
    expect((await put(`${url}?signature=secret`, content)).status).toBe(200);
  });

  it("can be cut off or stall on their way in", async () => {
    const url = `${hub.cdnEndpoint}/upload/${sha256}?signature=secret`;
    hub.addFault({ method: "PUT", dropAfterReceivedBytes: 1000, times: 1 });
    await expect(put(url, content)).rejects.toThrow("fetch failed");
    hub.addFault({ method: "PUT", stallAfterReceivedBytes: 1000, times: 1 });
    const stalled = fetch(url, { method: "PUT", body: content, signal: AbortSignal.timeout(200) });
    await expect(stalled).rejects.toThrow();
    expect((await put(url, content)).status).toBe(200);
  });
});
