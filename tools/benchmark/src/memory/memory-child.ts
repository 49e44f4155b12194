// Does the task in the argument and prints what memory it took as one line of JSON. Needs --expose-gc.
import { openRepository } from "@onestep/hub";
import { UNet2DModel } from "onestep";
import { readPeakMemory } from "../measure/process-memory.ts";
import { downloadedFile, type MemoryResult, type MemoryTask } from "./memory-task.ts";

const task = JSON.parse(process.argv[2] ?? "") as MemoryTask;

async function work(): Promise<(() => Promise<void>) | undefined> {
  if (task.kind === "download") {
    const { endpoint, cacheDir } = task;
    const { bytes, path, repository: id } = downloadedFile;
    const options = { endpoint, cacheDir, environment: {}, token: false } as const;
    const file = await (await openRepository(id, options)).get(path);
    if (file.size !== bytes) throw new Error(`${file.size} bytes arrived, expected ${bytes}`);
  }
  if (task.kind === "load") {
    const { checkpoint, optimizeFor, threads } = task;
    const unet = await UNet2DModel.fromPretrained(checkpoint, { subfolder: "unet", optimizeFor, threads });
    return () => unet.dispose();
  }
  return undefined;
}

function readHeap(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

globalThis.gc?.();
const before = readHeap();
let highest = before;
const watch = setInterval(() => {
  highest = Math.max(highest, readHeap());
}, 2);
const start = performance.now();
const dispose = await work();
const milliseconds = performance.now() - start;
highest = Math.max(highest, readHeap());
clearInterval(watch);
globalThis.gc?.();
const result: MemoryResult = {
  milliseconds,
  peakBytes: readPeakMemory(),
  heapGrowthBytes: highest - before,
  keptBytes: readHeap() - before,
};
console.log(JSON.stringify(result));
await dispose?.();
