import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuiltPlayground, buildPlayground } from "./build-playground.ts";

/** What the scripts and styles of the page may take, in bytes, compressed. */
const budget = 150_000;

let playground: BuiltPlayground;
let files: readonly string[];

beforeAll(async () => {
  playground = await buildPlayground("service");
  const entries = await readdir(playground.folder, { recursive: true });
  files = entries.map((path) => path.replaceAll("\\", "/"));
}, 120_000);

afterAll(() => playground?.remove());

async function read(path: string): Promise<string> {
  return readFile(join(playground.folder, path), "utf8");
}

it("has scripts and styles of 150 kB at most", async () => {
  const bundled = files.filter((path) => /\.(?:js|css)$/.test(path));
  const sizes = await Promise.all(bundled.map(async (path) => gzipSync(await read(path)).length));
  expect(bundled.length).toBeGreaterThanOrEqual(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(budget);
});

it("brings no runtime, no model and no worker", async () => {
  expect(files.filter((path) => /\.(?:wasm|onnx|safetensors)$|worker|models\//.test(path))).toEqual([]);
  for (const path of files.filter((name) => name.endsWith(".js"))) {
    expect(await read(path), path).not.toMatch(/onnxruntime|new Worker\(/);
  }
});

it("refers to its own files, by relative addresses, and has no script in the page", async () => {
  const html = await read("index.html");
  const addresses = [...html.matchAll(/<(?:script|link|img)[^>]*? (?:src|href)="([^"]*)"/g)].map(
    ([, to]) => to ?? "",
  );
  expect(addresses.length).toBeGreaterThanOrEqual(4);
  for (const address of addresses) {
    expect(address).toMatch(/^\.\//);
    expect(files).toContain(address.slice(2));
  }
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style="| on\w+="/);
  expect(html).not.toMatch(/<!-- \/?(?:browser|service) -->/);
});
