import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../errors.ts";
import { S3Server } from "./__fixtures__/s3-server.ts";
import { FolderStorage } from "./folder-storage.node.ts";
import { openStorage } from "./open-storage.node.ts";
import type { ImageStorage } from "./storage.ts";

let server: S3Server;
beforeEach(async () => {
  server = await S3Server.start();
});
afterEach(async () => {
  await server.stop();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (): Promise<ImageStorage> => openStorage(server.location, server.environment);

function largeStream(): ReadableStream<Uint8Array> {
  return new Blob([new Uint8Array(20 * 2 ** 20)]).stream();
}

describe("S3Storage", () => {
  it("puts objects under the prefix, with their media type", async () => {
    const storage = await open();
    await storage.put("a/b.png", bytes("x"), { mediaType: "image/png" });
    const object = server.objects.get("some/prefix/a/b.png");
    expect(object?.headers["content-type"]).toBe("image/png");
  });

  it("deletes its marker, and keeps its id", async () => {
    const storage = await open();
    await storage.put("a/b", bytes("x"));
    await storage.expire("a/", 1000);
    expect([...server.objects.keys()].sort()).toEqual(["some/prefix/.onestep/id", "some/prefix/a/b"]);
  });

  it.each([500, 503, 429])("tries again after %i", async (status) => {
    const storage = await open();
    server.faults.push(status, status);
    expect(await storage.put("a", bytes("x"))).toBe(true);
    server.faults.push(status);
    expect(await storage.get("a")).toEqual(bytes("x"));
  });

  it("tries again when another write goes on at the same time", async () => {
    const storage = await open();
    server.faults.push(409, 409);
    expect(await storage.put("a", bytes("x"))).toBe(true);
  });

  it("knows its own write again when the answer was lost", async () => {
    const storage = await open();
    server.faults.push("hang up");
    expect(await storage.put("a", bytes("x"))).toBe(true);
    expect(await storage.put("a", bytes("y"))).toBe(false);
    await storage.put("b", bytes("x"));
    server.faults.push("hang up");
    expect(await storage.put("b", bytes("y"))).toBe(false);
  });

  it("knows its own upload again when the answer was lost", async () => {
    const storage = await open();
    // The request that begins it, three parts, and the one that completes it.
    server.faults.push("answer", "answer", "answer", "answer", "hang up");
    const calls = server.calls.length;
    expect(await storage.put("large", largeStream())).toBe(true);
    const methods = server.calls.slice(calls).map((call) => call.split(" ")[0]);
    expect(methods).toEqual(["POST", "PUT", "PUT", "PUT", "POST", "POST", "HEAD"]);
    expect(server.uploads.size).toBe(0);
    expect(server.objects.get("some/prefix/large")?.data.length).toBe(20 * 2 ** 20);
  });

  it("abandons an upload that loses or fails", async () => {
    const storage = await open();
    await storage.put("large", bytes("first"));
    expect(await storage.put("large", largeStream())).toBe(false);
    expect(server.uploads.size).toBe(0);
    server.faults.push(403);
    await expect(storage.put("other", largeStream())).rejects.toThrow(StorageError);
    expect(server.uploads.size).toBe(0);
  });

  it("gives up after a while, and says what the store answers", async () => {
    const storage = await open();
    server.faults.push(...Array<number>(6).fill(500));
    await expect(storage.get("a")).rejects.toThrow(
      /GET http.*\/bucket\/some\/prefix\/a failed: 500 Fault for a test/,
    );
    server.faults.push(403);
    await expect(storage.put("a", bytes("x"))).rejects.toThrow(/AWS_SECRET_ACCESS_KEY/);
    server.faults.push(501);
    const once = storage.put("a", bytes("x"));
    server.faults.push(...Array<number>(5).fill(501));
    await expect(once).rejects.toThrow(/If-None-Match/);
  });

  it("does not follow a redirect to another host", async () => {
    const storage = await open();
    server.faults.push(301);
    await expect(storage.get("a")).rejects.toThrow(/another region/);
  });

  it("tells a missing bucket from a missing object", async () => {
    const location = server.location.replace("s3://bucket", "s3://another");
    await expect(openStorage(location, server.environment)).rejects.toThrow(/no such bucket/);
  });

  it("refuses a wrong key", async () => {
    const environment = { ...server.environment, AWS_SECRET_ACCESS_KEY: "wrong" };
    await expect(openStorage(server.location, environment)).rejects.toThrow(/403 SignatureDoesNotMatch/);
    expect(server.objects.size).toBe(0);
  });

  it("says where nothing answers", async () => {
    const { location } = server;
    await server.stop();
    await expect(openStorage(location, server.environment)).rejects.toThrow(
      /Cannot reach the bucket at http:\/\/127\.0\.0\.1.*ECONNREFUSED/,
    );
    server = await S3Server.start();
  });

  it("skips objects that others put there", async () => {
    const storage = await open();
    await storage.put("a/b", bytes("x"));
    const object = server.objects.get("some/prefix/a/b");
    if (object !== undefined) server.objects.set("some/prefix/a/c d", object).set("some/prefix/a/.x", object);
    const keys: string[] = [];
    for await (const { key } of storage.list("a/")) keys.push(key);
    expect(keys).toEqual(["a/b"]);
  });
});

describe("openStorage", () => {
  it("opens folders and file URLs", async () => {
    const folder = await mkdtemp(join(tmpdir(), "onestep-open-"));
    const one = await openStorage(join(folder, "new"));
    const two = await openStorage(pathToFileURL(join(folder, "new")).href);
    expect(one).toBeInstanceOf(FolderStorage);
    expect(two.id).toBe(one.id);
    await rm(folder, { recursive: true });
  });

  it.each([
    "",
    "http://example.com/x",
    "gs://bucket",
    "s3://",
    "s3://b?acl=x",
    "s3://bucket?endpoint=ftp://x",
    "s3://bucket?endpoint=x",
    "s3://key:secret@bucket",
    "s3://bucket/a/../../b c",
    "s3://bucket?region=/x",
    "file:relative",
    "file://host/share/../x%2fy",
  ])("refuses %j", async (location) => {
    await expect(openStorage(location, server.environment)).rejects.toThrow(InvalidArgumentError);
  });

  it("does not repeat a secret", async () => {
    await expect(openStorage("s3://key:secret@bucket", {})).rejects.toThrow(/^((?!secret@).)*$/);
  });

  it("asks for the access key", async () => {
    await expect(openStorage("s3://bucket", {})).rejects.toThrow(
      /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
    );
  });
});
