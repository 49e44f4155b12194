import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { fakeHubs, makeClient, requestLines } from "../__fixtures__/fake-hubs.ts";
import { GatedRepositoryError, ServerError } from "../errors.ts";
import { readBytes } from "../http/response.ts";
import { requestFile } from "./file.ts";

const startHub = fakeHubs();
const never = Number.POSITIVE_INFINITY;
const repositories = {
  "a/b": {
    files: {
      "model_index.json": "{}",
      "folder/strange name#1.txt": "x",
      "w.bin": { bytes: "hello world", lfs: true },
      "small.xet": { bytes: "hello world", xet: true },
      "large.xet": { bytes: "hello large world", xet: true },
    },
  },
  "a/gated": { files: { "x.json": "{}" }, gatedToken: "hf_accepted" },
};

async function setUp(options: Partial<Parameters<typeof startHub>[0]> = {}) {
  const hub = await startHub({ repositories, ...options });
  const client = makeClient(hub.endpoint);
  const ask = (path: string, xetFromBytes = never) =>
    requestFile(client, { id: "a/b", commit: hub.commit("a/b"), path }, { xetFromBytes });
  return { hub, client, ask };
}

describe("requestFile", () => {
  it("gets a small file by one request", async () => {
    const { ask, client, hub } = await setUp();
    const answer = await ask("model_index.json");
    expect(answer).toMatchObject({ objectId: "9e26dfeeb6e641a33dae4961196235bdb965b21b", size: 2 });
    expect(answer?.body && (await readBytes(answer.body, 10, client.downloadTimeout))).toHaveLength(2);
    expect(requestLines(hub)).toEqual([`hub GET /a/b/resolve/${hub.commit("a/b")}/model_index.json`]);
    expect(hub.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("follows the redirect of the Hub to itself", async () => {
    const { ask, hub } = await setUp({ redirectSmallFiles: true });
    const answer = await ask("model_index.json");
    await answer?.body?.discard();
    expect(answer).toMatchObject({ objectId: "9e26dfeeb6e641a33dae4961196235bdb965b21b", size: 2 });
    expect(hub.requests).toHaveLength(2);
  });

  it("takes name and size of an LFS file from the Hub, not from the CDN", async () => {
    const { ask } = await setUp();
    const answer = await ask("w.bin");
    await answer?.body?.discard();
    expect(answer).toMatchObject({
      objectId: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
      size: 11,
    });
  });

  it("takes them from the Hub behind a mirror that sends on to it", async () => {
    const { hub } = await setUp();
    const mirror = await startHub({ repositories: {} });
    const path = `/a/b/resolve/${hub.commit("a/b")}`;
    for (const [name, size] of [
      ["w.bin", 11],
      ["model_index.json", 2],
    ] as const) {
      mirror.addFault({ status: 302, headers: { Location: `${hub.endpoint}${path}/${name}` }, times: 1 });
      const question = { id: "a/b", commit: hub.commit("a/b"), path: name };
      const client = makeClient(mirror.endpoint, "hf_mirror");
      const answer = await requestFile(client, question, { xetFromBytes: never });
      await answer?.body?.discard();
      expect(answer?.size).toBe(size);
    }
    expect(hub.requests.every(({ headers }) => headers["authorization"] === undefined)).toBe(true);
  });

  it("writes odd names into the address", async () => {
    const { ask, hub } = await setUp();
    const answer = await ask("folder/strange name#1.txt");
    await answer?.body?.discard();
    expect(answer?.size).toBe(1);
    expect(hub.requests[0]?.path).toContain("/folder/strange%20name%231.txt");
  });

  it("stops at the offer of chunks for a large file, where they are wanted", async () => {
    const { ask, hub } = await setUp();
    const chunked = await ask("large.xet", 17);
    expect(chunked?.xet).toMatchObject({ size: 17 });
    expect(chunked?.body).toBeUndefined();
    expect(hub.requests).toHaveLength(1);
    for (const [path, xetFromBytes] of [
      ["large.xet", never],
      ["small.xet", 17],
    ] as const) {
      const whole = await ask(path, xetFromBytes);
      await whole?.body?.discard();
      expect(whole?.xet).toBeUndefined();
    }
  });

  it("knows a file that is not there, with the Hub's code or with a bare 404", async () => {
    const { ask, hub } = await setUp();
    expect(await ask("none")).toEqual({ isCertain: true });
    hub.addFault({ status: 404 });
    expect(await ask("model_index.json")).toEqual({ isCertain: false });
  });

  it("does not take a storage that has lost a file for a Hub that has none", async () => {
    const { ask, hub } = await setUp();
    hub.addFault({ host: "cdn", status: 404 });
    const error = await caught(ask("w.bin"));
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${hub.cdnEndpoint}/content/`);
    expect(error.message).toContain("found HTTP 404");
  });

  it("tells a gate", async () => {
    const { hub, client } = await setUp();
    const question = { id: "a/gated", commit: hub.commit("a/gated"), path: "x.json" };
    for (const asker of [client, makeClient(hub.endpoint, "hf_accepted")]) {
      if (asker.hasToken)
        await (await requestFile(asker, question, { xetFromBytes: never }))?.body?.discard();
      else
        expect(
          GatedRepositoryError.isInstance(
            await caught(requestFile(asker, question, { xetFromBytes: never })),
          ),
        ).toBe(true);
    }
  });

  it.each([
    [{}, undefined],
    [{ ETag: '"../../../etc"' }, '"../../../etc"'],
    [{ ETag: '"5d41402abc4b2a76b9719d911017c592"' }, '"5d41402abc4b2a76b9719d911017c592"'],
  ])("takes no name from an answer that has none of the Hub's: %j", async (headers, etag) => {
    const { ask, hub } = await setUp();
    hub.addFault({ body: "{}", headers: headers as Record<string, string> });
    const answer = await ask("model_index.json");
    await answer.body?.discard();
    expect(answer).toMatchObject({ objectId: undefined, isHubName: false });
    expect("etag" in answer && answer.etag).toBe(etag);
  });

  it("refuses an answer of another commit", async () => {
    const { ask, hub } = await setUp();
    hub.addFault({ body: "{}", headers: { ETag: "1".repeat(40), "X-Repo-Commit": "main" } });
    const error = await caught(ask("model_index.json"));
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain('found commit "main"');
  });
});
