import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePythonJson } from "@onestep/core/internal/files";
import { listUNet2DModelWeights, unet2DModelConfigSchema } from "@onestep/models";
import { architectures } from "../checkpoint/architecture.ts";
import { writeRandomTorchFile } from "../checkpoint/write-random-torch-file.ts";
import { runProcess } from "../run-process.ts";
import { downloadedFile, type MemoryResult, type MemoryTask } from "./memory-task.ts";

/** A piece of work, and what memory it took. */
export interface MemoryMeasurement {
  readonly work: string;
  readonly result: MemoryResult;
  /** The limits that it has to keep. */
  readonly limits: { readonly peakBytes?: number; readonly heapGrowthBytes?: number };
  readonly succeeded: boolean;
}

const megabyte = 1_000_000;

/** Measures the memory that is used while a file of 2 GB is downloaded, and while a `.bin` of 1.18 GB is loaded. */
export async function measureMemory(options: {
  readonly threads: number;
  readonly onStart: (description: string) => void;
}): Promise<readonly MemoryMeasurement[]> {
  const { onStart, threads } = options;
  const folder = await mkdtemp(join(tmpdir(), "onestep-memory-"));
  const measurements: MemoryMeasurement[] = [];
  const measure = async (
    work: string,
    task: MemoryTask,
    limits: MemoryMeasurement["limits"] = {},
  ): Promise<void> => {
    onStart(work);
    const script = fileURLToPath(new URL("./memory-child.js", import.meta.url));
    const args = ["--expose-gc", script, JSON.stringify(task)];
    const { output } = await runProcess({ program: process.execPath, args });
    const result = JSON.parse(output) as MemoryResult;
    const { heapGrowthBytes = Number.POSITIVE_INFINITY, peakBytes = Number.POSITIVE_INFINITY } = limits;
    const succeeded = result.peakBytes < peakBytes && result.heapGrowthBytes < heapGrowthBytes;
    measurements.push({ work, result, limits, succeeded });
  };
  try {
    await measure("a process that loads the packages", { kind: "nothing" });
    await withHub(onStart, (endpoint) =>
      measure(
        `download of ${downloadedFile.bytes / 1e9} GB`,
        { kind: "download", endpoint, cacheDir: join(folder, "cache") },
        { peakBytes: 150 * megabyte },
      ),
    );
    await rm(join(folder, "cache"), { recursive: true });
    onStart("random weights of imagenet64, as torch.save writes them");
    const checkpoint = await makeTorchCheckpoint(folder);
    for (const optimizeFor of ["startup", "throughput"] as const) {
      const work = `load of imagenet64.bin for ${optimizeFor}`;
      await measure(
        work,
        { kind: "load", checkpoint, optimizeFor, threads },
        { heapGrowthBytes: 50 * megabyte },
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return measurements;
}

async function withHub(
  onStart: (description: string) => void,
  work: (endpoint: string) => Promise<void>,
): Promise<void> {
  onStart("a fake Hub with a large file");
  const hub = fork(fileURLToPath(new URL("./hub-process.js", import.meta.url)));
  try {
    const [endpoint] = await Promise.race([
      once(hub, "message") as Promise<[string]>,
      once(hub, "exit").then(([code]): never => {
        throw new Error(`the fake Hub ended with ${code}`);
      }),
    ]);
    await work(endpoint);
  } finally {
    hub.kill();
  }
}

async function makeTorchCheckpoint(folder: string): Promise<string> {
  const unet = architectures["imagenet64"]?.unet;
  const path = join(folder, "imagenet64", "unet", "config.json");
  await mkdir(join(folder, "imagenet64", "unet"), { recursive: true });
  await writeFile(path, JSON.stringify(unet, null, 2));
  const json = parsePythonJson(await readFile(path, "utf8"), path);
  const weights = listUNet2DModelWeights(unet2DModelConfigSchema.fromJson(json, path));
  await writeRandomTorchFile(join(path, "..", "diffusion_pytorch_model.bin"), weights, 20230303);
  return join(folder, "imagenet64");
}
