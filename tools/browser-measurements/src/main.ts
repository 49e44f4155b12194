import { cpus } from "node:os";
import { measureLoading } from "./measure-loading.ts";
import { measureStorage } from "./measure-storage.ts";
import { openMeasuredPage } from "./open-measured-page.ts";

const usage = `Measures in Chromium, on this machine.

  npm run measure-browser -- storage   300 MB in the origin private file system and in the Cache API
  npm run measure-browser -- loading   what a model of 300 MB holds in memory while it loads`;

const byteCount = 300 * 1024 * 1024;

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`.padStart(8);
}

async function reportStorage(): Promise<void> {
  const measured = await openMeasuredPage();
  try {
    for (const { milliseconds, peakBytes, task } of await measureStorage(measured, byteCount)) {
      console.log(`${task.padEnd(12)}${milliseconds.toFixed(0).padStart(8)} ms${megabytes(peakBytes)} peak`);
    }
  } finally {
    await measured.close();
  }
}

async function reportLoading(): Promise<void> {
  for (const figure of await measureLoading()) {
    const { canSuspend, hasStorage, milliseconds, partialRequests, peaks, requests, wasmBytes } = figure;
    console.log(`${canSuspend ? "JSPI" : "no JSPI"}, ${hasStorage ? "cache" : "no cache"}:`);
    console.log(`  loaded in ${(milliseconds / 1000).toFixed(1)} s`);
    console.log(
      `  page:    objects${megabytes(peaks.page.objectBytes)}, arrays${megabytes(peaks.page.arrayBytes)}`,
    );
    console.log(
      `  workers: objects${megabytes(peaks.workers.objectBytes)}, arrays${megabytes(peaks.workers.arrayBytes)}`,
    );
    console.log(`  together at most${megabytes(peaks.total)}`);
    console.log(`  WebAssembly memory${megabytes(wasmBytes)}`);
    console.log(`  requests for weights: ${requests}, ${partialRequests} of them for a part`);
  }
}

console.log(`${cpus().length} × ${cpus()[0]?.model}`);
const [command] = process.argv.slice(2);
if (command === "storage") await reportStorage();
else if (command === "loading") await reportLoading();
else {
  console.log(usage);
  process.exitCode = 2;
}
