// Tests that vitest runs in a realm of their own, against dist: what Node's modules throw and return is of another one.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const {
  ConsistencyModelPipeline,
  FileWriteError,
  OfflineError,
  openRepository,
  RasterImage,
  InvalidArgumentError,
  scanCache,
} = await import(process.env.ONESTEP_ENTRY);
const folder = process.env.ONESTEP_MODEL;
const cacheDir = join(process.cwd(), "cache");
const caught = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

test("a realm of its own", async () => {
  expect((await caught(readFile("nothing"))) instanceof Error).toBe(false);
});

test("a file that is not there is undefined", async () => {
  expect(await (await openRepository(folder)).find("nothing.json")).toBe(undefined);
});

test("an id of the Hub is no folder, and a folder that is not there no id", async () => {
  const offline = await caught(openRepository("me/emoji", { cacheDir, localFilesOnly: true }));
  expect(OfflineError.isInstance(offline)).toBe(true);
  expect(InvalidArgumentError.isInstance(await caught(openRepository("./no/such/folder")))).toBe(true);
});

test("a cache that is not there is empty", async () => {
  expect((await scanCache({ cacheDir })).repositories).toEqual([]);
});

test("a connection that is cut is tried again", async () => {
  let requests = 0;
  const server = createServer((request) => {
    requests += 1;
    request.socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/m`;
  await caught(
    openRepository(url, { cacheDir, retry: { maxRetries: 2, baseDelayMs: 1 } }).then((found) =>
      found.find("a.json"),
    ),
  );
  server.close();
  expect(requests).toBeGreaterThan(2);
});

test("an image is made, saved and read, and a model saved", async () => {
  const pipe = await ConsistencyModelPipeline.fromPretrained(pathToFileURL(folder));
  const { images } = await pipe.generate({ classLabels: 0, seed: 0 });
  await images[0].save("a.png");
  const read = await RasterImage.decode(await readFile("a.png"));
  expect([...read.data]).toEqual([...images[0].data]);
  const error = await caught(images[0].save("a.png/b.png"));
  expect(FileWriteError.isInstance(error)).toBe(true);
  expect(error.message).toContain("a file where");
  await pipe.savePretrained("model");
  await pipe.dispose();
}, 60_000);
