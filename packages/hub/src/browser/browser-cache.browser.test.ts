import { OnestepError, type ProgressEvent } from "@onestep/core";
import { describe, expect, inject, it, vi } from "vitest";
import { browserCaches } from "../__fixtures__/browser-caches.ts";
import type { CacheWorkerReply, CacheWorkerRequest } from "../__fixtures__/cache-worker.ts";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { cutAfter, loggedFetch, noNetwork } from "../__fixtures__/logged-fetch.ts";
import { openRepository } from "../open-repository.ts";
import type { OpenRepositoryOptions } from "../repository.ts";

const endpoint = inject("hubEndpoint");
const makeCache = browserCaches();
const mebibyte = 1024 * 1024;

/** As the fake Hub's `onestep/large` has it: 34 MiB and a few bytes, more than a piece. */
const largeSize = 34 * mebibyte + 5;
const largePath = "weights.bin";

function expectedBytes(start: number, end: number): Uint8Array {
  return Uint8Array.from({ length: end - start }, (_, index) => ((start + index) * 2_654_435_761) >>> 24);
}

function open(id: string, options: OpenRepositoryOptions) {
  return openRepository(id, { endpoint, retry: quickRetries, ...options });
}

async function digest(blob: Blob | undefined): Promise<Uint8Array> {
  const bytes = await (blob ?? new Blob()).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function weightRequests(requests: readonly { readonly path: string; readonly range: string | null }[]) {
  return requests.filter(({ path }) => path.endsWith(largePath)).map(({ range }) => range);
}

describe("the cache of a browser", () => {
  it("keeps what was fetched, and serves it without a single request", async () => {
    const cacheDir = makeCache();
    const { fetch, requests } = loggedFetch();
    const repository = await open("onestep/emoji32", { cacheDir, fetch });
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): void => void events.push(event);
    const path = "unet/diffusion_pytorch_model.safetensors";
    const weights = await repository.get(path, { onProgress });
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["file-start", "file-end"]));
    expect(events[0]).toEqual({ type: "file-start", file: path, totalBytes: weights.size, cached: false });
    expect(weights.blob).toBeInstanceOf(Blob);
    expect(weights.localPath).toBeUndefined();
    const index = await repository.get("model_index.json");
    expect(JSON.parse(await index.text())).toMatchObject({ _class_name: "ConsistencyModelPipeline" });
    expect(requests.map(({ path: asked }) => asked.split("/").slice(-2).join("/"))).toEqual([
      "revision/main",
      expect.stringMatching(/^tree\/[0-9a-f]{40}$/),
      "unet/diffusion_pytorch_model.safetensors",
      expect.stringMatching(/model_index\.json$/),
    ]);

    const offline = await open("onestep/emoji32", { cacheDir, fetch: noNetwork, localFilesOnly: true });
    expect(offline.commit).toBe(repository.commit);
    events.length = 0;
    const again = await offline.get(path, { onProgress });
    expect(events).toEqual([
      { type: "file-start", file: path, totalBytes: weights.size, cached: true },
      { type: "file-end", file: path, totalBytes: weights.size, cached: true },
    ]);
    expect(await digest(again.blob)).toEqual(await digest(weights.blob));
    expect(await offline.list()).toContain("unet/config.json");
    expect(await offline.find("nothing.json")).toBeUndefined();
    const missing = await caught(offline.get("unet/config.json"));
    expect(missing).toMatchObject({ code: "offline" });
    expect(missing.message).toContain(`is not in the browser's cache (${cacheDir}/models--onestep--emoji32)`);
    const environment = { HF_HUB_OFFLINE: "1" };
    const never = open("onestep/emoji32", { cacheDir: makeCache(), fetch: noNetwork, environment });
    expect(await caught(never)).toMatchObject({ code: "offline" });
  });

  it("goes on with what it has where the Hub is out of reach", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cacheDir = makeCache();
    await (await open("onestep/emoji32", { cacheDir })).get("model_index.json");
    const repository = await open("onestep/emoji32", { cacheDir, fetch: noNetwork });
    expect(await (await repository.get("model_index.json")).text()).toContain("UNet2DModel");
    expect(warning).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("The copy of onestep/emoji32 in the cache is used (main, commit "),
    );
    expect(await caught(repository.get("unet/config.json"))).toMatchObject({ code: "offline" });
  });

  it("keeps large files in pieces, and reads any part of them", async () => {
    const file = await (await open("onestep/large", { cacheDir: makeCache() })).get(largePath);
    expect(file.size).toBe(largeSize);
    const border = 32 * mebibyte;
    expect(await file.read(border - 9, border + 9)).toEqual(expectedBytes(border - 9, border + 9));
    expect(await file.read(largeSize - 3, largeSize)).toEqual(expectedBytes(largeSize - 3, largeSize));
    const worker = await file.blob?.slice(border - 2, border + 2).arrayBuffer();
    expect(new Uint8Array(worker ?? new ArrayBuffer())).toEqual(expectedBytes(border - 2, border + 2));
    expect(await caught(file.read(0, largeSize + 1))).toMatchObject({ code: "invalid-argument" });
  });

  it.each([1.5 * mebibyte + 7, 33 * mebibyte + 7])(
    "takes up a transfer that broke off after %d bytes",
    async (byteCount) => {
      const cacheDir = makeCache();
      const cut = loggedFetch((response, { path }) =>
        path.endsWith(largePath) ? cutAfter(response, byteCount) : response,
      );
      const first = await open("onestep/large", { cacheDir, fetch: cut.fetch, retry: { maxRetries: 0 } });
      expect(await caught(first.get(largePath))).toMatchObject({ code: "connection" });

      const { fetch, requests } = loggedFetch();
      const file = await (await open("onestep/large", { cacheDir, fetch })).get(largePath);
      expect(weightRequests(requests)).toEqual([`bytes=${byteCount}-`]);
      expect(await file.read(byteCount - 4, byteCount + 4)).toEqual(
        expectedBytes(byteCount - 4, byteCount + 4),
      );
    },
  );

  it("goes on by itself where a connection breaks", async () => {
    let cuts = 0;
    const { fetch, requests } = loggedFetch((response, { path }) => {
      cuts += path.endsWith(largePath) ? 1 : 0;
      return cuts === 1 ? cutAfter(response, 5 * mebibyte) : response;
    });
    const file = await (await open("onestep/large", { cacheDir: makeCache(), fetch })).get(largePath);
    expect(weightRequests(requests)).toEqual([null, `bytes=${5 * mebibyte}-`]);
    expect(file.size).toBe(largeSize);
  });

  it("refuses what is not what the Hub lists, and leaves nothing of it", async () => {
    const cacheDir = makeCache();
    const flip = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => controller.enqueue(chunk.map((byte) => byte ^ 1)),
    });
    const { fetch } = loggedFetch((response, { path }) =>
      path.endsWith("scheduler_config.json")
        ? new Response(response.body?.pipeThrough(flip), response)
        : response,
    );
    const path = "scheduler/scheduler_config.json";
    const repository = await open("onestep/emoji32", { cacheDir, fetch, retry: { maxRetries: 0 } });
    const error = await caught(repository.get(path));
    expect(error).toMatchObject({ code: "integrity" });
    expect(error.message).toContain("is damaged: its git object is");
    const file = await (await open("onestep/emoji32", { cacheDir })).get(path);
    expect(JSON.parse(await file.text())).toMatchObject({ _class_name: "CMStochasticIterativeScheduler" });
  });

  it("fetches a damaged file again, with a warning", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cacheDir = makeCache();
    const file = await (await open("onestep/emoji32", { cacheDir })).get("model_index.json");
    const text = await file.text();
    const root = await navigator.storage.getDirectory();
    const blobs = await (
      await (await root.getDirectoryHandle(cacheDir)).getDirectoryHandle("models--onestep--emoji32")
    ).getDirectoryHandle("blobs");
    for await (const blob of blobs.values()) {
      const piece = await (blob as FileSystemDirectoryHandle).getFileHandle("0");
      const writable = await piece.createWritable();
      await writable.write(text.replace("C", "D"));
      await writable.close();
    }
    const offline = await open("onestep/emoji32", { cacheDir, localFilesOnly: true });
    expect(await caught(offline.get("model_index.json"))).toMatchObject({ code: "integrity" });
    const again = await (await open("onestep/emoji32", { cacheDir })).get("model_index.json");
    expect(await again.text()).toBe(text);
    expect(warning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("The cached copy is damaged."));
  });

  it("is abandoned at once where the caller says so, and keeps what has arrived", async () => {
    const cacheDir = makeCache();
    const repository = await open("onestep/large", { cacheDir });
    const controller = new AbortController();
    const onProgress = (event: ProgressEvent): void => {
      if (event.type === "file-progress") controller.abort(new Error("enough"));
    };
    const { signal } = controller;
    expect((await caught(repository.get(largePath, { onProgress, signal }))).message).toBe("enough");
    const { fetch, requests } = loggedFetch();
    await (await open("onestep/large", { cacheDir, fetch })).get(largePath);
    expect(weightRequests(requests)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });
});

describe("a cache that several pages and workers share", () => {
  it("fetches a file once", async () => {
    const cacheDir = makeCache();
    const request: CacheWorkerRequest = { id: "onestep/large", path: largePath, endpoint, cacheDir };
    const url = new URL("../__fixtures__/cache-worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const answer = new Promise<CacheWorkerReply>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<CacheWorkerReply>) => resolve(data);
    });
    worker.postMessage(request);
    const { fetch, requests } = loggedFetch();
    const file = await (await open("onestep/large", { cacheDir, fetch })).get(largePath);
    const reply = await answer;
    worker.terminate();
    expect(reply).toMatchObject({ size: largeSize, firstBytes: await file.read(0, 16) });
    // Who waited may have asked for one byte, to know whether the file is for it.
    const all = [...requests, ...reply.requests].filter(({ path }) => path.endsWith(largePath));
    expect(all.filter(({ range }) => range !== "bytes=0-0")).toHaveLength(1);
  });

  it.each([
    ["who may not asks first", ["hf_other", "hf_may"]],
    ["who may asks first", ["hf_may", "hf_other"]],
  ])(
    "serves a private file to who may have it and to nobody else, at the same time: %s",
    async (_order, tokens) => {
      vi.spyOn(console, "warn").mockImplementation(() => {});
      const cacheDir = makeCache();
      const { commit } = await open("onestep/private", { cacheDir, token: "hf_may" });
      const revision = commit as string;
      await (await open("onestep/private", { cacheDir, token: "hf_may", revision })).list();
      const outcomes = await Promise.all(
        tokens.map(async (token) => {
          const repository = await open("onestep/private", { cacheDir, token, revision });
          return repository.get("weights.bin").then(
            ({ size }) => `${token}: ${size}`,
            (error) => `${token}: ${error.code}`,
          );
        }),
      );
      expect(outcomes.toSorted()).toEqual(["hf_may: 3000000", "hf_other: repository-not-found"]);
    },
  );

  it("waits for whoever fetches the file, and says so", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cacheDir = makeCache();
    const repository = await open("onestep/emoji32", { cacheDir });
    const sha1 = "models--onestep--emoji32/blobs/";
    const listed = await (
      await fetch(`${endpoint}/api/models/onestep/emoji32/tree/${repository.commit}`)
    ).json();
    const { oid } = listed.find(({ path }: { path: string }) => path === "model_index.json");
    let release = (): void => {};
    await new Promise<void>((resolve) => {
      void navigator.locks.request(`onestep ${cacheDir}/${sha1}${oid}`, () => {
        resolve();
        return new Promise<void>((free) => {
          release = free;
        });
      });
    });
    const controller = new AbortController();
    const impatient = repository.get("model_index.json", { signal: controller.signal });
    await vi.waitFor(() =>
      expect(warning).toHaveBeenCalledExactlyOnceWith(
        "[onestep] Waiting for another tab to finish downloading model_index.json.",
      ),
    );
    controller.abort(new Error("enough"));
    expect((await caught(impatient)).message).toBe("enough");
    const patient = repository.get("model_index.json");
    release();
    expect((await patient).size).toBeGreaterThan(0);
  });
});

describe("references whose names are in each other's way", () => {
  it.each([[["release", "release/1.0"]], [["release/1.0", "release"]]])(
    "open, and the last is there offline: %j",
    async (order) => {
      vi.spyOn(console, "warn").mockImplementation(() => {});
      const cacheDir = makeCache();
      for (const revision of order) {
        const text = await (
          await (await open("onestep/releases", { cacheDir, revision })).get("a.json")
        ).text();
        expect(text).toBe(JSON.stringify(revision));
        const offline = await open("onestep/releases", { cacheDir, revision, localFilesOnly: true });
        expect(await (await offline.get("a.json")).text()).toBe(text);
      }
      expect(console.warn).not.toHaveBeenCalled();
    },
  );
});

describe("a browser that gives no room", () => {
  it("reads in place what does not fit, and tells how much was missing", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.spyOn(navigator.storage, "estimate").mockResolvedValue({ quota: 10_000, usage: 4000 });
    const { fetch, requests } = loggedFetch();
    const repository = await open("onestep/large", { cacheDir: makeCache(), fetch });
    const file = await repository.get(largePath);
    expect(file.size).toBe(largeSize);
    expect(file.blob).toBeUndefined();
    expect(warning).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining(`${largeSize} bytes are needed, and this site may store 6000 more.`),
    );
    expect(await file.read(mebibyte, mebibyte + 8)).toEqual(expectedBytes(mebibyte, mebibyte + 8));
    expect(weightRequests(requests)).toEqual([null, "bytes=0-65535", `bytes=${mebibyte}-${mebibyte + 7}`]);
    await repository.get(largePath);
    expect(warning).toHaveBeenCalledOnce();
    expect((await repository.get("config.json")).blob).toBeInstanceOf(Blob);
  });

  it("does so too where the room ends in the middle", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cacheDir = makeCache();
    const repository = await open("onestep/large", { cacheDir });
    let writes = 0;
    const { write } = FileSystemWritableFileStream.prototype;
    vi.spyOn(FileSystemWritableFileStream.prototype, "write").mockImplementation(function (
      this: FileSystemWritableFileStream,
      data: FileSystemWriteChunkType,
    ) {
      writes += 1;
      if (writes > 3) throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      return write.call(this, data);
    });
    const file = await repository.get(largePath);
    expect(file.blob).toBeUndefined();
    expect(await file.read(0, 4)).toEqual(expectedBytes(0, 4));
    expect(warning).toHaveBeenCalledWith(
      expect.stringContaining(`${largePath} of onestep/large is read in place`),
    );
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle(cacheDir)).getDirectoryHandle(
      "models--onestep--large",
    );
    const left: string[] = [];
    for await (const name of (await folder.getDirectoryHandle("blobs")).keys()) left.push(name);
    expect(left).toEqual([]);
  });

  it("is read in place as a whole where there is no storage, with a warning that comes once", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => {});
    const refusal = new DOMException("It was determined that certain files are unsafe", "SecurityError");
    vi.spyOn(navigator.storage, "getDirectory").mockRejectedValue(refusal);
    for (const path of ["model_index.json", "unet/config.json"]) {
      const file = await (await open("onestep/emoji32", {})).get(path);
      expect(file.blob).toBeUndefined();
      expect(JSON.parse(await file.text())).toHaveProperty("_class_name");
    }
    expect(warning).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("models are read in place, and not kept."),
    );
    for (const options of [{ localFilesOnly: true }, { cacheDir: "models" }]) {
      const error = await caught(open("onestep/emoji32", options));
      expect(OnestepError.isInstance(error) && error.code).toBe("unsupported");
      expect(error.message).toContain("cache of the browser: found no storage for files");
    }
  });

  it.each(["", "a/b", "..", "a\u0000b"])("takes the name of a folder, and not %j", async (cacheDir) => {
    expect(await caught(open("onestep/emoji32", { cacheDir }))).toMatchObject({ code: "invalid-argument" });
  });
});
