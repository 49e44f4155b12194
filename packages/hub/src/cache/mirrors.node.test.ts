import { createHash } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { caught, quickRetries } from "../__fixtures__/caught.ts";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { getFiles } from "../get-files.ts";
import { openRepository } from "../open-repository.ts";

const startHub = fakeHubs();
const makeFolder = temporaryFolders();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const large = new Uint8Array(11_000_000).fill(7);
const files = {
  "config.json": '{"hidden": 1}',
  "w.safetensors": { bytes: new Uint8Array(300_000).fill(5), lfs: true },
  "large.safetensors": { bytes: large, lfs: true },
};
const hash = (algorithm: string, bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest("hex");

/** How a mirror names contents: the headers of an answer. */
type Naming = (bytes: Buffer, hubName: string) => Readonly<Record<string, string>>;

const etag = (name: string) => ({ ETag: name });
const namings: Readonly<Record<string, Naming>> = {
  "SHA-1 of the bytes": (bytes) => etag(`"${hash("sha1", bytes)}"`),
  "SHA-1, beside the SHA-256 (Artifactory)": (bytes) => ({
    ...etag(hash("sha1", bytes)),
    "X-Checksum-Sha256": hash("sha256", bytes),
  }),
  MD5: (bytes) => etag(`"${hash("md5", bytes)}"`),
  "MD5 of parts (S3)": (bytes) => etag(`"${hash("md5", bytes)}-3"`),
  "SHA-256 of everything": (bytes) => etag(`"${hash("sha256", bytes)}"`),
  "the name of the pointer": () => etag(`"${hash("sha1", "a pointer")}"`),
  "the Hub's, with the suffix of Apache": (_bytes, name) => etag(`"${name}-gzip"`),
  "the Hub's, weak": (_bytes, name) => etag(`W/"${name}"`),
  "time and length (nginx)": (bytes) => etag(`"6566a1c2-${bytes.length.toString(16)}"`),
  nothing: () => ({}),
};

/** A mirror that keeps files itself, and names them in its own way. */
async function startMirror(
  endpoint: string,
  naming: Naming,
  options: { readonly lists?: boolean; readonly change?: (bytes: Buffer) => Buffer } = {},
): Promise<string> {
  const { change = (bytes) => bytes, lists = true } = options;
  const server = createServer(async ({ url = "/" }, response) => {
    if (!lists && url.includes("/tree/")) return void response.writeHead(404).end();
    const first = await fetch(endpoint + url, { redirect: "manual" });
    const linked = first.headers.get("X-Linked-ETag") ?? first.headers.get("ETag") ?? "";
    const location = first.headers.get("Location");
    const bytes = Buffer.from(await (location === null ? first : await fetch(location)).arrayBuffer());
    const names = url.includes("/resolve/") ? naming(bytes, linked.replaceAll('"', "")) : {};
    const body = url.includes("/resolve/") ? change(bytes) : bytes;
    response.writeHead(location === null ? first.status : 200, { ...names, "Content-Length": body.length });
    response.end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function setUp(naming: Naming, options: Parameters<typeof startMirror>[2] = {}) {
  const hub = await startHub({ repositories: { "me/m": { files } } });
  const endpoint = await startMirror(hub.endpoint, naming, options);
  const cacheDir = await makeFolder();
  const common = { cacheDir, environment: {}, token: false, retry: quickRetries } as const;
  return { hub, open: (more = {}) => openRepository("me/m", { ...common, endpoint, ...more }) };
}

describe("a mirror whose ETag is", () => {
  it.each(Object.entries(namings))(
    "%s serves a model, which is there offline and for the Hub",
    async (name, naming) => {
      const { hub, open } = await setUp(naming);
      const repository = await open();
      // Without the listing, no git object but the Hub's own is told from another checksum.
      const paths = name.includes("pointer") ? ["large.safetensors"] : Object.keys(files);
      for (const path of paths) await repository.get(path);
      const offline = await open({ localFilesOnly: true });
      const [first] = await getFiles(offline, [...paths].reverse());
      expect(Buffer.compare(await readFile(first?.localPath ?? ""), large)).toBe(0);
      hub.clearRequests();
      await getFiles(await open({ endpoint: hub.endpoint }), paths);
      expect(hub.requests.filter(({ path }) => path.includes("/resolve/"))).toEqual([]);
    },
  );

  it("MD5, and that lists nothing, is told so", async () => {
    const { open } = await setUp(namings["MD5"] as Naming, { lists: false });
    const error = await caught((await open()).get("config.json"));
    expect(error).toMatchObject({ code: "server" });
    expect(error.message).toMatch(
      /sends the ETag "\\"[0-9a-f]{32}\\"", which is not a hash that the Hub uses/,
    );
    expect(error.message).toContain("no proxy changes headers");
  });

  it.each(["SHA-1 of the bytes", "MD5", "nothing"])(
    "%s is found out where its bytes are wrong",
    async (name) => {
      const change = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 1));
      // The checksum is of what the mirror should have.
      const { open } = await setUp(namings[name] as Naming, { change });
      for (const path of ["config.json", "w.safetensors"]) {
        expect(await caught((await open()).get(path))).toMatchObject({ code: "integrity" });
      }
    },
  );
});

describe("a mirror that", () => {
  /** Answers as a function says, for the address of the Hub. */
  async function startServer(answer: (url: string, response: ServerResponse) => unknown): Promise<string> {
    const server = createServer((request, response) => void answer(request.url ?? "/", response));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("sends everybody on to the Hub serves public models, and its token goes no further", async () => {
    const hub = await startHub({
      repositories: { "me/m": { files }, "me/private": { files, privateToken: "hf_of_the_mirror" } },
      redirectSmallFiles: true,
      pageSize: 1,
    });
    const endpoint = await startServer((url, response) =>
      response.writeHead(308, { Location: hub.endpoint + url }).end(),
    );
    const options = { endpoint, cacheDir: await makeFolder(), environment: {}, retry: quickRetries };
    const repository = await openRepository("me/m", { ...options, token: "hf_of_the_mirror" });
    const paths = (await repository.list()) ?? [];
    expect(paths).toEqual(Object.keys(files).toSorted());
    await getFiles(repository, paths);
    expect(hub.requests.flatMap(({ headers }) => headers["authorization"] ?? [])).toEqual([]);
    const hidden = openRepository("me/private", { ...options, token: "hf_of_the_mirror" });
    const error = await caught(hidden);
    expect(error).toMatchObject({ code: "repository-not-found" });
    expect(error.message).toContain(`redirects to ${hub.endpoint}, where its token is not sent`);
  });

  it("compresses all that it sends serves models", async () => {
    const hub = await startHub({ repositories: { "me/m": { files } } });
    const endpoint = await startServer(async (url, response) => {
      const answer = await fetch(hub.endpoint + url);
      const bytes = gzipSync(Buffer.from(await answer.arrayBuffer()));
      response
        .writeHead(answer.status, { "Content-Encoding": "gzip", "Content-Length": bytes.length })
        .end(bytes);
    });
    const options = { endpoint, cacheDir: await makeFolder(), environment: {}, retry: quickRetries };
    const repository = await openRepository("me/m", { ...options, token: false });
    await getFiles(repository, (await repository.list()) ?? []);
    const offline = await openRepository("me/m", { ...options, localFilesOnly: true });
    expect(await (await offline.get("config.json")).text()).toBe(files["config.json"]);
  });

  it("knows a private repository by an older name keeps the token on its own host", async () => {
    const hub = await startHub({
      repositories: { "me/new": { files, privateToken: "hf_mine" } },
      renamed: { "me/old": "me/new" },
    });
    const options = { endpoint: hub.endpoint, cacheDir: await makeFolder(), environment: {} };
    const repository = await openRepository("me/old", { ...options, token: "hf_mine" });
    await getFiles(repository, Object.keys(files));
    const tokens = hub.requests.map(({ headers, host }) => `${host} ${headers["authorization"] ?? "none"}`);
    expect(new Set(tokens)).toEqual(new Set(["hub Bearer hf_mine", "cdn none"]));
  });

  it("lists a gated repository to everybody gives its files to who may have them", async () => {
    const hub = await startHub({
      repositories: { "me/gated": { files, gatedToken: "hf_may" } },
      tokens: ["hf_other"],
    });
    const options = { endpoint: hub.endpoint, cacheDir: await makeFolder(), environment: {} };
    const repository = await openRepository("me/gated", { ...options, token: "hf_other" });
    expect(await repository.list()).toHaveLength(3);
    const error = await caught(repository.get("config.json"));
    expect(error).toMatchObject({ code: "gated-repository" });
    expect(error.message).toContain(`Accept its licence at ${hub.endpoint}/me/gated`);
    const wrong = openRepository("me/gated", { ...options, token: "hf_wrong" });
    expect(await caught(wrong)).toMatchObject({ code: "invalid-token" });
  });
});

describe("a cache that Python made from a mirror of its own names", () => {
  const text = '{"hidden": 1}';
  const commit = "a".repeat(40);
  const names = {
    sha1: hash("sha1", text),
    md5: hash("md5", text),
    gzip: `${hash("sha1", `blob ${text.length}\0${text}`)}-gzip`,
    sha256: hash("sha256", text),
    "git object": hash("sha1", `blob ${text.length}\0${text}`),
  };

  async function openCache(name: string, content: string) {
    const cacheDir = await makeFolder();
    const root = join(cacheDir, "models--me--m");
    for (const folder of ["blobs", "refs", `snapshots/${commit}`]) {
      await mkdir(join(root, folder), { recursive: true });
    }
    await writeFile(join(root, "blobs", name), content);
    await symlink(`../../blobs/${name}`, join(root, "snapshots", commit, "config.json"));
    await writeFile(join(root, "refs", "main"), commit);
    return openRepository("me/m", { cacheDir, environment: {}, localFilesOnly: true });
  }

  it.each(Object.entries(names))("is used offline: %s", async (_kind, name) => {
    expect(await (await (await openCache(name, text)).get("config.json")).text()).toBe(text);
  });

  it.each([names.sha1, names.sha256, names["git object"], names.gzip])(
    "is found damaged: %s",
    async (name) => {
      const error = await caught((await openCache(name, '{"hidden": 2}')).get("config.json"));
      expect(error).toMatchObject({ code: "integrity" });
    },
  );
});
