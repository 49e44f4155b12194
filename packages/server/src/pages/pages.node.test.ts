import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, it } from "vitest";
import { pageRoutes } from "./pages.node.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-pages-"));
  await mkdir(join(folder, "pages/assets"), { recursive: true });
  await writeFile(join(folder, "secret.js"), "secret");
  await writeFile(join(folder, "pages/index.html"), "<!doctype html>");
  await writeFile(join(folder, "pages/notes.txt"), "not a page");
  await writeFile(join(folder, "pages/assets/index-Ab_1.js"), "1;");
  await symlink(join(folder, "secret.js"), join(folder, "pages/link.js"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function makeApp(): Promise<Hono> {
  const app = new Hono();
  await pageRoutes(app, { folder: join(folder, "pages") });
  return app;
}

it("serves the index at the root, with a strict policy", async () => {
  const app = await makeApp();
  const answer = await app.request("/");
  expect(await answer.text()).toBe("<!doctype html>");
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "content-security-policy":
      "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; " +
      "form-action 'none'; frame-ancestors 'none'",
  });
});

it("serves assets, which never change, until their names do", async () => {
  const answer = await (await makeApp()).request("/assets/index-Ab_1.js");
  expect(await answer.text()).toBe("1;");
  expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
});

it("answers 304 where the browser has the file", async () => {
  const app = await makeApp();
  const etag = (await app.request("/")).headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  for (const tags of [etag, `"other", W/${etag}`, "*"]) {
    const answer = await app.request("/", { headers: { "If-None-Match": tags } });
    expect([answer.status, await answer.text()]).toEqual([304, ""]);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
  }
  expect((await app.request("/", { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
});

it("serves nothing else: no other types, no links, nothing outside, and nothing that was added later", async () => {
  const app = await makeApp();
  await writeFile(join(folder, "pages/later.js"), "later");
  const paths = [
    "/notes.txt",
    "/link.js",
    "/later.js",
    "/../secret.js",
    "/%2e%2e%2fsecret.js",
    "/assets",
    "/assets/",
  ];
  for (const path of paths) expect((await app.request(path)).status, path).toBe(404);
});

it("serves what it has read, whatever becomes of the file", async () => {
  const app = await makeApp();
  await writeFile(join(folder, "pages/index.html"), "changed");
  expect(await (await app.request("/")).text()).toBe("<!doctype html>");
});

it("refuses a folder without pages", async () => {
  const nothing = join(folder, "nothing");
  const failure = await pageRoutes(new Hono(), { folder: nothing }).catch((error: unknown) => error);
  expect(InvalidArgumentError.isInstance(failure)).toBe(true);
  expect(String(failure)).toContain(`no index.html in ${nothing}`);
});
