#!/usr/bin/env node
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { parseArgs } from "node:util";
import type { FakeFile, FakeRepository } from "./fake-hub-options.ts";
import { startFakeHub } from "./start-fake-hub.ts";

const usage = `Serves folders as repositories of a fake Hugging Face Hub.

  fake-hub [--port 8123] [--account token=user ...] [--part-bytes 5000000] [--log] owner/name=folder ...

Files ending in .safetensors, .bin and .pt are served as LFS files. Who has the token of an account may upload under
that user's name, large files in parts of the given length. --log prints every request. Ctrl-C stops.`;

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
  options: {
    port: { type: "string", default: "8123" },
    account: { type: "string", multiple: true, default: [] },
    "part-bytes": { type: "string", default: "Infinity" },
    log: { type: "boolean" },
    help: { type: "boolean" },
  },
});
const pairs = positionals.map((text) => text.split("="));
const accountPairs = values.account.map((text) => text.split("="));
const hasNothing = pairs.length + accountPairs.length === 0;
if (values.help === true || hasNothing || [...pairs, ...accountPairs].some((pair) => pair.length !== 2)) {
  console.log(usage);
  process.exitCode = values.help === true ? 0 : 2;
} else {
  const repositories: Record<string, FakeRepository> = {};
  for (const [id, folder] of pairs) repositories[id ?? ""] = await readRepository(folder ?? "");
  const accounts = Object.fromEntries(accountPairs.map(([token, name]) => [token, { name: name ?? "" }]));
  const partBytes = Number(values["part-bytes"]);
  const hub = await startFakeHub({ repositories, accounts, partBytes, port: Number(values.port) });
  console.log(`HF_ENDPOINT=${hub.endpoint}`);
  const print = (): void => {
    for (const { host, method, path } of hub.requests.splice(0)) console.log(`${host} ${method} ${path}`);
  };
  const printer = values.log === true ? setInterval(print, 20) : undefined;
  process.once("SIGINT", () => {
    clearInterval(printer);
    void hub.close();
  });
}
