import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RasterImage } from "@onestep/core";
import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { onestepProgram } from "./service-process.ts";

/** What {@link measureBulk} found. */
export interface BulkReport {
  readonly images: number;
  /** How many files there were at each stop, and how it was stopped. */
  readonly stops: readonly { readonly signal: string; readonly files: number }[];
  readonly files: number;
  readonly results: number;
  readonly distinctResults: number;
  /** Images that were there at a stop and were written again after it. */
  readonly remade: number;
  /** Of a sample, images that differ from those of `generate` by more than 1/255. */
  readonly wrong: number;
  readonly sampled: number;
  readonly seconds: number;
}

const classes = 30;
const sampled = 500;

/** Makes images with `onestep batch`, which is stopped three times: by Ctrl-C, SIGKILL and SIGTERM. */
export async function measureBulk(images: number): Promise<BulkReport> {
  const folder = await mkdtemp(join(tmpdir(), "onestep-bulk-"));
  const out = join(folder, "images");
  const lines = Array.from({ length: images }, (_, seed) =>
    JSON.stringify({
      ...{ custom_id: `image-${seed}`, method: "POST", url: "/v1/images/generations" },
      body: { seed, class_labels: seed % classes },
    }),
  );
  await writeFile(join(folder, "requests.jsonl"), `${lines.join("\n")}\n`);
  const stops: { signal: string; files: number }[] = [];
  const writtenAt = new Map<string, number>();
  let remade = 0;
  const start = performance.now();
  try {
    for (const [index, signal] of (["SIGINT", "SIGKILL", "SIGTERM", undefined] as const).entries()) {
      await runUntil(
        folder,
        signal,
        async () => (await listImages(out)).length >= ((index + 1) * images) / 4,
      );
      const names = await listImages(out);
      for (const name of names) {
        const { mtimeMs } = await stat(join(out, name));
        if (mtimeMs !== (writtenAt.get(name) ?? mtimeMs)) remade += 1;
        writtenAt.set(name, mtimeMs);
      }
      stops.push({ signal: signal ?? "finished", files: names.length });
      console.error(stops.at(-1), remade);
    }
    const seconds = (performance.now() - start) / 1000;
    const results = (await readFile(join(out, "results.jsonl"), "utf8")).trim().split("\n");
    const ids = new Set(results.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id));
    return {
      ...{ images, stops, remade, seconds, sampled: Math.min(sampled, images) },
      files: (await listImages(out)).length,
      results: results.length,
      distinctResults: ids.size,
      wrong: await countWrong(out, images),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the command until a condition holds, then ends it; or, without a signal, until it has ended. */
async function runUntil(
  folder: string,
  signal: NodeJS.Signals | undefined,
  isDue: () => Promise<boolean>,
): Promise<void> {
  const child = spawn(process.execPath, [onestepProgram, "batch", "requests.jsonl", "--out", "images"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  let isEnded = false;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void ended.then(() => {
    isEnded = true;
  });
  while (signal !== undefined && !isEnded && !(await isDue())) await sleep(500);
  if (signal !== undefined) child.kill(signal);
  await ended;
}

async function listImages(out: string): Promise<readonly string[]> {
  const names = await readdir(out).catch(() => []);
  return names.filter((name) => name.endsWith(".png"));
}

async function countWrong(out: string, images: number): Promise<number> {
  const pipe = await ConsistencyModelPipeline.fromPretrained();
  let wrong = 0;
  try {
    for (let index = 0; index < Math.min(sampled, images); index += 1) {
      const seed = Math.floor((index * images) / Math.min(sampled, images));
      const made = await RasterImage.fromPng(await readFile(join(out, `image-${seed}.png`)));
      const { images: expected } = await pipe.generate({ seed, classLabels: seed % classes });
      const data = expected[0]?.data ?? new Uint8Array();
      if (made.data.some((value, at) => Math.abs(value - (data[at] ?? 0)) > 1)) wrong += 1;
    }
  } finally {
    await pipe.dispose();
  }
  return wrong;
}
