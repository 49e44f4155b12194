#!/usr/bin/env node
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { parseArgs } from "node:util";
import type { FakeFile, FakeRepository } from "./fake-hub-options.ts";
import { startFakeHub } from "./start-fake-hub.ts";

const usage = `Serves folders as repositories of a fake Hugging Face Hub.

  fake-hub [--port 8123] owner/name=folder ...

Files ending in .safetensors, .bin and .pt are served as LFS files. Ctrl-C stops.`;

async function readRepository(folder: string): Promise<FakeRepository> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, FakeFile> = {};
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const location = join(entry.parentPath, entry.name);
    const path = relative(folder, location).split(sep).join("/");
    files[path] = { bytes: await readFile(location), lfs: /\.(safetensors|bin|pt)$/.test(path) };
  }
  return { files };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: "string", default: "8123" }, help: { type: "boolean" } },
});
const pairs = positionals.map((text) => text.split("="));
if (values.help === true || pairs.length === 0 || pairs.some((pair) => pair.length !== 2)) {
  console.log(usage);
  process.exitCode = values.help === true ? 0 : 2;
} else {
  const repositories: Record<string, FakeRepository> = {};
  for (const [id, folder] of pairs) repositories[id ?? ""] = await readRepository(folder ?? "");
  const hub = await startFakeHub({ repositories, port: Number(values.port) });
  console.log(`HF_ENDPOINT=${hub.endpoint}`);
  process.once("SIGINT", () => void hub.close());
}
