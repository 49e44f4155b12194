import { createHash } from "node:crypto";
import type { ProgressEvent } from "@onestep/core";
import type { FakeFault, FakeHub, FakeHubOptions } from "@onestep/fake-hub";
import { describe, expect, it } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "../__fixtures__/fake-hubs.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import {
  ConflictError,
  ConnectionError,
  IntegrityError,
  InvalidTokenError,
  MissingTokenError,
  OfflineError,
  PermissionDeniedError,
  RevisionNotFoundError,
  ServerError,
  UploadRejectedError,
} from "../errors.ts";
import { openRepository } from "../open-repository.ts";
import { bytesFile, type UploadFilesOptions, uploadFiles } from "./upload-files.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();
const weights = new Uint8Array(2500).map((_, index) => index % 251);
const sha256 = createHash("sha256").update(weights).digest("hex");
const gitId = (text: string) => createHash("sha1").update(`blob ${text.length}\0${text}`).digest("hex");
const files = [bytesFile("config.json", '{"a": 1}'), bytesFile("unet/w.safetensors", weights)];

function start(options: Partial<FakeHubOptions> = {}): Promise<FakeHub> {
  return startHub({
    repositories: {
      "me/old": {
        files: { "x.json": "{}", "old-00001-of-00002.safetensors": "old" },
        revisions: { next: { "y.json": "{}" } },
      },
    },
    accounts: { hf_me: { name: "me" }, hf_reader: { name: "me", readOnly: true }, hf_you: { name: "you" } },
    ...options,
  });
}

function options(hub: FakeHub, more: UploadFilesOptions = {}): UploadFilesOptions {
  return { endpoint: hub.endpoint, environment: {}, token: "hf_me", retry: quickRetries, ...more };
}

describe("uploadFiles", () => {
  it("makes the repository and commits small and large files at once", async () => {
    const hub = await start();
    const report = await uploadFiles("me/new", files, options(hub, { commitMessage: "First" }));
    expect(report).toEqual({
      repositoryId: "me/new",
      commit: hub.commit("me/new"),
      url: `${hub.endpoint}/me/new/commit/${hub.commit("me/new")}`,
      pullRequestUrl: undefined,
    });
    const stored = hub.files("me/new");
    expect([...stored.keys()].sort()).toEqual([".gitattributes", "config.json", "unet/w.safetensors"]);
    expect(Buffer.compare(stored.get("unet/w.safetensors") ?? Buffer.of(), weights)).toBe(0);
    expect(hub.message("me/new")).toBe("First");
    expect(requestLines(hub)).toEqual([
      "hub POST /api/repos/create",
      "hub POST /api/models/me/new/preupload/main",
      "hub POST /me/new.git/info/lfs/objects/batch",
      `cdn PUT /upload/${sha256}`,
      "hub POST /api/models/me/new/commit/main",
      `hub GET /api/models/me/new/tree/${hub.commit("me/new")}`,
    ]);
    const place = {
      endpoint: hub.endpoint,
      environment: {},
      token: false,
      cacheDir: await makeFolder(),
    } as const;
    const file = await (await openRepository("me/new", place)).get("unet/w.safetensors");
    expect(Buffer.compare(await file.read(0, file.size), weights)).toBe(0);
  });

  it("sends the token to the endpoint and to nobody else", async () => {
    const hub = await start({ partBytes: 1000 });
    await uploadFiles("me/new", files, options(hub));
    for (const { host, headers } of hub.requests) {
      expect(headers["authorization"]).toBe(host === "hub" ? "Bearer hf_me" : undefined);
    }
    hub.addFault({ path: "/preupload/", status: 307, headers: { Location: `${hub.cdnEndpoint}/elsewhere` } });
    await expect(uploadFiles("me/old", files, options(hub))).rejects.toThrow("HTTP 404");
    expect(hub.requests.find(({ path }) => path === "/elsewhere")?.headers["authorization"]).toBeUndefined();
  });

  it("sends large files in parts where the Hub says so", async () => {
    const hub = await start({ partBytes: 1000 });
    await uploadFiles("me/new", files, options(hub));
    expect(Buffer.compare(hub.files("me/new").get("unet/w.safetensors") ?? Buffer.of(), weights)).toBe(0);
    const lines = requestLines(hub);
    for (const number of [1, 2, 3]) expect(lines).toContain(`cdn PUT /upload/${sha256}/${number}`);
    expect(lines).toContain("hub POST /api/complete_multipart");
  });

  it("sends no large file that the Hub has", async () => {
    const hub = await start();
    await uploadFiles("me/new", files, options(hub));
    hub.clearRequests();
    const events: ProgressEvent[] = [];
    await uploadFiles("me/new", files, options(hub, { onProgress: (event) => events.push(event) }));
    expect(requestLines(hub).filter((line) => line.startsWith("cdn"))).toEqual([]);
    expect(events.slice(0, 2)).toEqual([
      { type: "file-start", file: "unet/w.safetensors", totalBytes: 2500, cached: true },
      { type: "file-end", file: "unet/w.safetensors", totalBytes: 2500, cached: true },
    ]);
  });

  it("tells how it goes", async () => {
    const hub = await start();
    const events: ProgressEvent[] = [];
    await uploadFiles("me/new", files, options(hub, { onProgress: (event) => events.push(event) }));
    const large = { file: "unet/w.safetensors", totalBytes: 2500 };
    const small = { file: "config.json", totalBytes: 8 };
    expect(events).toEqual([
      { type: "file-start", ...large, cached: false },
      { type: "file-progress", ...large, loadedBytes: 2500 },
      { type: "file-end", ...large, cached: false },
      { type: "file-start", ...small, cached: false },
      { type: "file-progress", ...small, loadedBytes: 8 },
      { type: "file-end", ...small, cached: false },
    ]);
  });

  it("throws what the listener throws", async () => {
    const hub = await start();
    const broken = new Error("listener");
    const onProgress = (): never => {
      throw broken;
    };
    expect(await caught(uploadFiles("me/new", files, options(hub, { onProgress })))).toBe(broken);
    expect(requestLines(hub).filter((line) => line.includes("/commit/"))).toEqual([]);
  });

  it("removes what is obsolete with the same commit", async () => {
    const hub = await start();
    const asked: string[] = [];
    const isObsolete = (path: string): boolean => {
      asked.push(path);
      return path.includes("-of-");
    };
    await uploadFiles("me/old", [bytesFile("x.json", "new")], options(hub, { isObsolete }));
    expect(asked).toEqual(["old-00001-of-00002.safetensors"]);
    expect([...hub.files("me/old").keys()]).toEqual(["x.json"]);
  });

  it("adds files where there are none", async () => {
    const hub = await start();
    const filesIfAbsent = (id: string) => [bytesFile("x.json", "no"), bytesFile("README.md", `# ${id}`)];
    const files = [bytesFile("z.json", "{}")];
    await uploadFiles("me/old", files, options(hub, { filesIfAbsent }));
    const texts = [...hub.files("me/old")].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]);
    expect(Object.fromEntries(texts)).toMatchObject({
      "x.json": "{}",
      "README.md": "# me/old",
      "z.json": "{}",
    });
  });

  it("commits to a branch, or opens a pull request", async () => {
    const hub = await start();
    await uploadFiles("me/old", files, options(hub, { revision: "next" }));
    expect(hub.files("me/old", "next").has("config.json")).toBe(true);
    const { pullRequestUrl, commit } = await uploadFiles("me/old", files, options(hub, { createPr: true }));
    expect(pullRequestUrl).toBe(`${hub.endpoint}/me/old/discussions/1`);
    expect(hub.commit("me/old", "refs/pr/1")).toBe(commit);
    expect(hub.files("me/old").has("config.json")).toBe(false);
    const error = await caught(uploadFiles("me/old", files, options(hub, { revision: "nowhere" })));
    expect(RevisionNotFoundError.isInstance(error)).toBe(true);
  });

  it("makes a private repository, under the user's name where no owner is given", async () => {
    const hub = await start();
    const report = await uploadFiles("secret-model", files, options(hub, { private: true }));
    expect(report.repositoryId).toBe("me/secret-model");
    expect((await fetch(`${hub.endpoint}/api/models/me/secret-model`)).status).toBe(401);
  });

  it("follows a repository to its new name", async () => {
    const hub = await start({ renamed: { "me/older": "me/old" } });
    hub.addFault({ path: "/api/repos/create", status: 409 });
    await uploadFiles("me/older", [bytesFile("x.json", "new")], options(hub));
    expect(Buffer.from(hub.files("me/old").get("x.json") ?? []).toString()).toBe("new");
  });

  it("works below a path, as a mirror may have", async () => {
    const hub = await start({ basePath: "/hub" });
    await uploadFiles("me/new", files, options(hub));
    expect(hub.files("me/new").has("unet/w.safetensors")).toBe(true);
  });
});

describe("a commit that was made", () => {
  const small = { type: "file", path: "config.json", size: 8, oid: gitId('{"a": 1}') };
  const pointer = { oid: sha256, size: 2500 };
  const large = { type: "file", path: "unet/w.safetensors", size: 2500, oid: "0".repeat(40), lfs: pointer };
  const { lfs: _pointer, ...notLarge } = large;

  it.each<[string, readonly unknown[]]>([
    ["lacks a file", [small]],
    ["has another small file", [{ ...small, oid: gitId("other") }, large]],
    ["has another large file", [small, { ...large, lfs: { ...pointer, oid: "0".repeat(64) } }]],
    ["has a file of another length", [{ ...small, size: 9 }, large]],
    ["has the pointer in place of a large file", [small, { ...notLarge, size: 134 }]],
    ["has what was to be removed", [small, large, { ...small, path: "x.json" }]],
  ])("is found out where it %s", async (_name, listing) => {
    const hub = await start();
    const fetchListing: typeof fetch = async (input, init) =>
      String(input).includes("/tree/") && hub.message("me/old") !== undefined
        ? Response.json(listing)
        : fetch(input, init);
    const more = { fetch: fetchListing, isObsolete: (path: string) => path === "x.json" };
    const error = await caught(uploadFiles("me/old", files, options(hub, more)));
    expect(IntegrityError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${hub.endpoint}/me/old/tree/${hub.commit("me/old")}`);
  });

  it.each<[FakeFault, { isInstance(error: unknown): boolean }]>([
    [{ status: 503 }, ServerError],
    [{ status: 404 }, ServerError],
    [{ dropAfterBytes: -1 }, ConnectionError],
  ])("is named where it cannot be read back: %j", async (fault, kind) => {
    const hub = await start();
    hub.addFault({ path: "/tree/", ...fault });
    const error = await caught(uploadFiles("me/old", files, options(hub)));
    expect(kind.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${hub.endpoint}/me/old/tree/${hub.commit("me/old")}`);
    expect(hub.files("me/old").has("config.json")).toBe(true);
  });

  it("is not waited for where the caller aborts while it is read back", async () => {
    const hub = await start();
    const controller = new AbortController();
    hub.addFault({ path: "/tree/", stallAfterBytes: -1 });
    const uploading = uploadFiles("me/old", files, options(hub, { signal: controller.signal }));
    uploading.catch(() => {});
    await expect.poll(() => hub.requests.some(({ path }) => path.includes("/tree/"))).toBe(true);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await caught(uploading)).toBe(reason);
  });

  it("is refused where the branch moves between the listing and the commit", async () => {
    const hub = await start();
    const moving: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (String(input).includes("/tree/")) hub.update({ "me/old": { files: { "x.json": "changed" } } });
      return response;
    };
    const more = { fetch: moving, isObsolete: () => true };
    const error = await caught(uploadFiles("me/old", files, options(hub, more)));
    expect(ConflictError.isInstance(error)).toBe(true);
    expect([...hub.files("me/old").keys()]).toEqual(["x.json"]);
  });
});

describe("making a repository", () => {
  it("waits for another that is being made, for a while", async () => {
    const hub = await start();
    const conflict = {
      "X-Error-Message": "Cannot create repo: another conflicting operation is in progress",
    };
    hub.addFault({ path: "/api/repos/create", status: 409, headers: conflict, times: 4 });
    await uploadFiles("me/new", files, options(hub));
    expect(requestLines(hub).filter((line) => line.endsWith("/create"))).toHaveLength(5);
    hub.addFault({ path: "/api/repos/create", status: 409, headers: conflict });
    expect(ConflictError.isInstance(await caught(uploadFiles("me/new", files, options(hub))))).toBe(true);
  });

  it("needs no right to make one where there is one", async () => {
    const hub = await start();
    hub.addFault({ path: "/api/repos/create", status: 403 });
    await uploadFiles("me/old", files, options(hub));
    expect(hub.files("me/old").has("config.json")).toBe(true);
  });
});

describe("who may not upload", () => {
  it("hears that there is no token, without a request", async () => {
    const hub = await start();
    const error = await caught(uploadFiles("me/new", files, options(hub, { token: false })));
    expect(MissingTokenError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${hub.endpoint}/settings/tokens`);
    const offline = options(hub, { environment: { HF_HUB_OFFLINE: "1" } });
    expect(OfflineError.isInstance(await caught(uploadFiles("me/new", files, offline)))).toBe(true);
    expect(hub.requests).toEqual([]);
  });

  it("hears that the token is refused, which is not repeated in the message", async () => {
    const hub = await start();
    const error = await caught(uploadFiles("me/new", files, options(hub, { token: "hf_wrong" })));
    expect(InvalidTokenError.isInstance(error)).toBe(true);
    expect(error.message).not.toContain("hf_wrong");
  });

  it.each(["hf_reader", "hf_you"])("hears that the token may not: %s", async (token) => {
    const hub = await start();
    for (const id of ["me/old", "me/new"]) {
      const error = await caught(uploadFiles(id, files, options(hub, { token })));
      expect(PermissionDeniedError.isInstance(error)).toBe(true);
      expect(error.message).toContain("a token that may write there");
    }
    expect(requestLines(hub).filter((line) => line.startsWith("cdn"))).toEqual([]);
  });

  it("hears that the Hub does not take the name", async () => {
    const hub = await start();
    const error = await caught(uploadFiles("me/reserved", files, options(hub)));
    expect(UploadRejectedError.isInstance(error)).toBe(true);
    expect(error.message).toContain('HTTP 400 ("Invalid repo name: me/reserved")');
  });
});

const a = bytesFile("a.txt", "a");

it.each([
  ["a//b", [a], {}, "has more than one slash"],
  ["../x", [a], {}, "is not made of"],
  ["me/m", [a, bytesFile("a.txt", "b")], {}, 'files: found "a.txt", which is there twice'],
  ["me/m", [bytesFile("../a.txt", "b")], {}, "has the segment"],
  ["me/m", [], {}, "files: found none"],
  ["me/m", [a], { revision: "a/../b" }, "option revision"],
  ["me/m", [a], { endpoint: "ftp://x" }, "option endpoint"],
  ["me/m", [a], { retry: { maxRetries: -1 } }, "option retry.maxRetries"],
])("asks for nothing where an argument is wrong: %s", async (id, files, options, message) => {
  const hub = await startHub({ repositories: {}, accounts: { hf_me: { name: "me" } } });
  const defaults = { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
  await expect(uploadFiles(id, files, { ...defaults, ...options })).rejects.toThrow(message);
  expect(hub.requests).toEqual([]);
});
