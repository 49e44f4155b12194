import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FakeFault, FakeHub } from "@onestep/fake-hub";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs, requestLines } from "../__fixtures__/fake-hubs.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import {
  ConflictError,
  ConnectionError,
  IntegrityError,
  InvalidTokenError,
  RepositoryNotFoundError,
  ServerError,
  UploadRejectedError,
} from "../errors.ts";
import { openRepository } from "../open-repository.ts";
import {
  bytesFile,
  type UploadFile,
  type UploadFilesOptions,
  type UploadReport,
  uploadFiles,
} from "./upload-files.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();
const weights = new Uint8Array(3_000_000).map((_, index) => index % 251);
const files = [bytesFile("config.json", "{}"), bytesFile("w.safetensors", weights)];
let hub: FakeHub;

beforeEach(async () => {
  hub = await startHub({
    repositories: { "me/old": { files: { "x.json": "{}" } } },
    accounts: { hf_me: { name: "me" } },
    partBytes: 1_000_000,
  });
});

function upload(
  options: UploadFilesOptions = {},
  chosen: readonly UploadFile[] = files,
): Promise<UploadReport> {
  const defaults = { endpoint: hub.endpoint, environment: {}, token: "hf_me", retry: quickRetries };
  return uploadFiles("me/old", chosen, { ...defaults, ...options });
}

function expectNothingCommitted(): void {
  expect([...hub.files("me/old").keys()]).toEqual(["x.json"]);
}

const commitPath = "/api/models/me/old/commit/";

describe("an upload on a bad day", () => {
  it.each<[string, FakeFault]>([
    [
      "a connection that is cut while a part is sent",
      { host: "cdn", dropAfterReceivedBytes: 100_000, times: 2 },
    ],
    ["a storage that is out of order", { host: "cdn", status: 503, times: 2 }],
    ["no answer about where large files go", { path: "/batch", dropAfterBytes: -1, times: 2 }],
    ["too many requests", { path: "/preupload/", status: 429, headers: { "Retry-After": "0" }, times: 2 }],
    ["a part whose answer is lost", { host: "cdn", dropAfterBytes: -1, times: 1 }],
  ])("gets over %s", async (_name, fault) => {
    hub.addFault(fault);
    await upload();
    expect(Buffer.compare(hub.files("me/old").get("w.safetensors") ?? Buffer.of(), weights)).toBe(0);
  });

  it("counts what has to be sent again", async () => {
    hub.addFault({ host: "cdn", dropAfterReceivedBytes: 600_000, times: 1 });
    const loaded: number[] = [];
    await upload({
      onProgress: (event) => {
        if (event.type === "file-progress" && event.file === "w.safetensors") loaded.push(event.loadedBytes);
      },
    });
    expect(Math.max(...loaded)).toBe(weights.length);
    expect(loaded.at(-1)).toBe(weights.length);
  });

  it.each<[string, FakeFault, { isInstance(error: unknown): boolean }, string]>([
    ["refuses the token", { path: "/preupload/", status: 401 }, InvalidTokenError, "Renew it"],
    ["has lost the repository", { path: "/preupload/", status: 404 }, RepositoryNotFoundError, "HTTP 404"],
    ["is changed by another", { path: commitPath, status: 409 }, ConflictError, "nobody else changes"],
    [
      "has moved on",
      { path: commitPath, status: 412 },
      ConflictError,
      "large files that have arrived are not sent",
    ],
    ["finds it too large", { path: commitPath, status: 413 }, UploadRejectedError, "maxShardSize"],
    [
      "does not like it",
      { path: commitPath, status: 422 },
      UploadRejectedError,
      "Correct what it objects to",
    ],
    ["is out of order", { path: "/preupload/", status: 500 }, ServerError, "HTTP 500"],
    [
      "has its limits",
      { path: commitPath, status: 429, headers: { "Retry-After": "3600" } },
      ServerError,
      "in 3600 s",
    ],
    ["has a storage that refuses", { host: "cdn", status: 403 }, ServerError, "HTTP 403"],
    [
      "cuts every connection",
      { host: "cdn", dropAfterReceivedBytes: 1 },
      ConnectionError,
      "upload again; large files",
    ],
    ["responds with a page", { path: "/preupload/", body: "<html>" }, ServerError, "not valid JSON"],
    ["responds with another page", { path: "/batch", body: "<html>" }, ServerError, "not valid JSON"],
    ["says nothing of large files", { path: "/batch", body: "{}" }, ServerError, "cannot use"],
    ["has no commit", { path: commitPath, body: "{}" }, ServerError, "no commit in the response"],
    [
      "responds to the commit with a page",
      { path: commitPath, body: "<html>" },
      ServerError,
      "as the Hub gives them",
    ],
    ["gives no ETag", { host: "cdn", body: "ok" }, ServerError, "ETag"],
    [
      "moves a commit",
      { path: commitPath, status: 302, headers: { Location: "/x" } },
      ServerError,
      "HTTP 302",
    ],
  ])("is given up where the Hub %s", async (_name, fault, kind, message) => {
    hub.addFault(fault);
    const error = await caught(upload());
    expect(kind.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("secret");
    expectNothingCommitted();
  });

  it("does not write a commit twice where its answer is lost", async () => {
    hub.addFault({ path: commitPath, dropAfterBytes: 0 });
    const error = await caught(upload());
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`It may have been done nevertheless: look at ${hub.endpoint}/me/old`);
    expect(requestLines(hub).filter((line) => line.includes("/commit/"))).toHaveLength(1);
  });

  it("ends where the storage takes no more", async () => {
    hub.addFault({ host: "cdn", stallAfterReceivedBytes: 10_000 });
    const environment = { HF_HUB_DOWNLOAD_TIMEOUT: "0.2" };
    const error = await caught(upload({ environment, retry: { maxRetries: 0 } }));
    expect(error.message).toContain("no data for 0.2 s");
    expect(error.message).toContain("Set HF_HUB_DOWNLOAD_TIMEOUT to wait for longer");
    expectNothingCommitted();
  });

  it("ends where the Hub cannot be reached", async () => {
    const { endpoint } = hub;
    await hub.close();
    const error = await caught(upload({ endpoint }));
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error.message).toContain("a refused connection");
  });

  it.each(["/repos/create", "/preupload/", "/batch", "/upload/", "/complete_multipart", "/commit/"])(
    "is cancelled at once during %s, with the reason",
    async (path) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      hub.addFault({ path, stallAfterReceivedBytes: 0 });
      const uploading = upload({ signal: controller.signal });
      uploading.catch(() => {});
      await expect.poll(() => hub.requests.some((request) => request.path.includes(path))).toBe(true);
      controller.abort(reason);
      expect(await caught(uploading)).toBe(reason);
      expectNothingCommitted();
    },
  );

  it("is cancelled while a file is hashed", async () => {
    const controller = new AbortController();
    const slow: UploadFile = {
      path: "slow.safetensors",
      size: 20_000_000,
      read: async (start, end) => {
        if (start >= 10_000_000) controller.abort(new Error("enough"));
        return new Uint8Array(end - start);
      },
    };
    await expect(upload({ signal: controller.signal }, [slow])).rejects.toThrow("enough");
    expectNothingCommitted();
  });

  it("is cancelled although a file cannot be read to the end", async () => {
    const controller = new AbortController();
    const endless = { path: "w.safetensors", size: 9, read: () => new Promise<Uint8Array>(() => {}) };
    const uploading = upload({ signal: controller.signal }, [endless]);
    uploading.catch(() => {});
    await expect.poll(() => requestLines(hub).length).toBeGreaterThan(0);
    controller.abort(new Error("enough"));
    await expect(uploading).rejects.toThrow("enough");
  });

  it("is given up where a file cannot be read, with what reading throws", async () => {
    const gone = new Error("disk gone");
    for (const size of [10, 5_000_000, 20_000_000]) {
      const broken = { path: "w.safetensors", size, read: () => Promise.reject(gone) };
      expect(
        await caught(upload({}, [...files, bytesFile("a.bin", weights), { ...broken, path: "b.bin" }])),
      ).toBe(gone);
    }
    expectNothingCommitted();
  });

  it("sends many parts of many files at a time without a warning", async () => {
    const warnings = vi.spyOn(process, "emitWarning");
    const many = Array.from({ length: 5 }, (_, index) =>
      bytesFile(
        `${index}.safetensors`,
        weights.map((byte) => byte ^ index),
      ),
    );
    await upload({ signal: new AbortController().signal }, many);
    expect(requestLines(hub).filter((line) => line.startsWith("cdn PUT"))).toHaveLength(15);
    expect(warnings.mock.calls).toEqual([]);
  });

  it("lets fetch keep no copy of what is sent, which redirects would need", async () => {
    const sent: RequestInit[] = [];
    const recordingFetch: typeof fetch = (input, init) => {
      if (init?.method === "PUT") sent.push(init);
      return fetch(input, init);
    };
    await upload({ fetch: recordingFetch });
    expect(sent.map(({ redirect, window }) => [redirect, window])).toEqual(Array(3).fill(["error", null]));
    hub.addFault({ host: "cdn", status: 307, headers: { Location: `${hub.endpoint}/elsewhere` } });
    const other = bytesFile("other.safetensors", weights.subarray(1));
    expect(ConnectionError.isInstance(await caught(upload({}, [other])))).toBe(true);
    expect(hub.requests.filter(({ path }) => path === "/elsewhere")).toEqual([]);
  });

  it("is given up where a file is replaced between its checksum and its way", async () => {
    const folder = await makeFolder();
    const path = join(folder, "w.safetensors");
    await writeFile(path, weights);
    const file = await (await openRepository(folder)).get("w.safetensors");
    let isReplaced = false;
    const fetchAndReplace: typeof fetch = async (input, init) => {
      if (String(input).includes("/batch") && !isReplaced) {
        isReplaced = true;
        await writeFile(
          `${path}.new`,
          weights.map((byte) => byte ^ 1),
        );
        await rename(`${path}.new`, path);
      }
      return fetch(input, init);
    };
    const error = await caught(upload({ fetch: fetchAndReplace }, [file]));
    expect(IntegrityError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${path}: found another file, or another content`);
    expectNothingCommitted();
  });
});

const sha256 = createHash("sha256").update(weights).digest("hex");

describe("an upload of large files", () => {
  const href = "https://storage.example/put?signature=secret";
  const threeParts = { chunk_size: "1000000", "00001": `${href}1`, "00002": `${href}2`, "00003": `${href}3` };

  function respond(...objects: readonly unknown[]): void {
    hub.addFault({ path: "/batch", body: JSON.stringify({ transfer: "multipart", objects }) });
  }

  it.each<[string, unknown, string]>([
    ["no address", {}, "not an http(s) URL"],
    ["an address of a file", { href: "file:///etc/passwd" }, "not an http(s) URL"],
    ["a part too few", { href, header: { ...threeParts, "00003": undefined } }, "other parts"],
    ["a part missing", { href, header: { chunk_size: "1000000", 1: href, 2: href, 4: href } }, "other parts"],
    [
      "a part twice",
      { href, header: { chunk_size: "1000000", 1: href, "01": href, 2: href } },
      "other parts",
    ],
    ["parts of nothing", { href, header: { ...threeParts, chunk_size: "0" } }, "other parts"],
    ["parts of no number", { href, header: { ...threeParts, chunk_size: "many" } }, "other parts"],
  ])("is given up where the Hub says %s", async (_name, action, message) => {
    respond({ oid: sha256, actions: { upload: action } });
    const error = await caught(upload());
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("secret");
    expectNothingCommitted();
  });

  it.each<[string, readonly unknown[]]>([
    ["nothing about one of them", []],
    ["something about a file that was not announced", [{ oid: "b".repeat(64), size: 1 }]],
    ["nothing that can be read", [{ oid: sha256 }, null]],
  ])("is given up where the Hub says %s", async (_name, objects) => {
    respond(...objects);
    expect(ServerError.isInstance(await caught(upload()))).toBe(true);
    expectNothingCommitted();
  });

  it("is given up where the Hub refuses one of several, with its reason", async () => {
    const others = [1, 2, 3].map((index) => weights.map((byte) => byte ^ index));
    const oids = others.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
    const refusal = { oid: sha256, error: { code: 422, message: "Too large for your plan" } };
    respond(...oids.map((oid) => ({ oid })), refusal);
    const many = others.map((bytes, index) => bytesFile(`${index}.safetensors`, bytes));
    const error = await caught(upload({}, [...many, ...files]));
    expect(UploadRejectedError.isInstance(error)).toBe(true);
    expect(error.message).toContain("w.safetensors (3000000 bytes)");
    expect(error.message).toContain('a refusal ("Too large for your plan")');
    expectNothingCommitted();
  });

  it("asks the mirror where the mirror passes on the Hub's own address", async () => {
    const asked: string[] = [];
    const mirror: typeof fetch = async (input, init) => {
      asked.push(new URL(String(input)).origin);
      const response = await fetch(input, init);
      if (!String(input).includes("/batch")) return response;
      return new Response(
        (await response.text()).replaceAll(hub.endpoint, "https://huggingface.co"),
        response,
      );
    };
    await upload({ fetch: mirror });
    expect(new Set(asked)).toEqual(new Set([hub.endpoint, hub.cdnEndpoint]));
    expect(hub.files("me/old").has("w.safetensors")).toBe(true);
  });

  it("holds none of them in memory, even if the Hub wants one in the commit itself", async () => {
    const file = { path: "big.safetensors", size: 16 * 1024 * 1024 + 1, read: vi.fn(bytesFile("", "").read) };
    hub.addFault({
      path: "/preupload/",
      body: '{"files": [{"path": "big.safetensors", "uploadMode": "regular"}]}',
    });
    const error = await caught(upload({}, [file]));
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain("big.safetensors");
    expect(file.read.mock.calls.map(([start, end]) => [start, end])).toEqual([[0, 512]]);
    expectNothingCommitted();
  });
});
