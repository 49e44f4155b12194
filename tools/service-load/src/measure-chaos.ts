import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RasterImage, TorchGenerator } from "@onestep/core";
import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { startPostgres, startRedis } from "@onestep/queue-servers";
import { openQueue, openStorage } from "@onestep/server/node";
import { planKills, type Victim } from "./chaos-plan.ts";
import { ChaosService } from "./chaos-service.ts";
import { inParallel, percentile } from "./statistics.ts";

const classes = 30;
const clients = 160;
const seedOfPlan = 20_261_129;
/** Milliseconds after which a client takes a request for lost. */
const patience = 120_000;

/** What the clients met on their way to the images. */
interface ClientCounts {
  /** Answers other than 200, by status and code. */
  readonly refusals: Record<string, number>;
  connectionsLost: number;
  timeouts: number;
  wrong: number;
}

/** What is left when all clients have their images. */
interface Remains {
  readonly completed: number;
  readonly missingOutcomes: number;
  readonly failed: number;
  readonly waiting: number;
  readonly running: number;
  /** Jobs whose record names an image that is missing or another one. */
  readonly wrongImages: number;
  /** Images in the storage beside the one that the record names: of workers that died before they could settle. */
  readonly orphans: number;
  /** Images of jobs that nobody asked for. */
  readonly foreign: number;
}

/** What {@link measureChaos} found. */
export interface ChaosReport extends Remains {
  readonly server: string;
  readonly jobs: number;
  readonly seconds: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly clients: ClientCounts;
  /** What ended by itself, or did not start. */
  readonly crashes: readonly string[];
  /** From the kill of a worker that held a job until another started it. */
  readonly takeoverMilliseconds: {
    readonly jobs: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Jobs of killed workers that nobody started again: they had been settled. */
  readonly settledBefore: number;
}

/**
 * Kills workers, front ends and the queue server with SIGKILL while clients with a retry ask for images, and looks whether
 * each job has one outcome, the right one.
 */
export async function measureChaos(jobs: number, kills: number, kind: string): Promise<ChaosReport> {
  const expected = await makeReferences(jobs);
  const server = kind === "redis" ? await startRedis() : await startPostgres();
  if (server === undefined) throw new Error("No redis-server is installed.");
  const storage = await mkdtemp(join(tmpdir(), "onestep-chaos-"));
  const service = new ChaosService(server, storage);
  try {
    await service.start();
    const counts: ClientCounts = { refusals: {}, connectionsLost: 0, timeouts: 0, wrong: 0 };
    const start = performance.now();
    let done = 0;
    const killing = service.killAll(planKills(jobs, kills, seedOfPlan), () => done);
    await inParallel(jobs, clients, async (job) => {
      const image = await askUntilAnswered(service, job, counts);
      if ((await difference(image, expected[job])) > 1) counts.wrong += 1;
      done += 1;
      if (done % 250 === 0)
        console.error(`${done} of ${jobs} after ${Math.round((performance.now() - start) / 1000)} s`);
    });
    const seconds = (performance.now() - start) / 1000;
    await killing;
    const remains = await inspect(server.url, storage, expected);
    const { takeovers } = service;
    return {
      ...{ server: kind, jobs, seconds, kills: service.kills, clients: counts, ...remains },
      takeoverMilliseconds: {
        jobs: takeovers.length,
        ...{ p50: percentile(takeovers, 0.5), p99: percentile(takeovers, 0.99) },
        max: Math.max(0, ...takeovers),
      },
      settledBefore: service.orphaned.size,
      crashes: service.crashes,
    };
  } finally {
    await service.stop();
    await server.stop();
    await rm(storage, { recursive: true, force: true });
  }
}

/** The images of `generate`, from a file if an earlier measurement made them. */
async function makeReferences(jobs: number): Promise<readonly Uint8Array[]> {
  const file = join(tmpdir(), `onestep-chaos-references-${jobs}.bin`);
  const known = await readFile(file).catch(() => undefined);
  const images: Uint8Array[] = [];
  if (known === undefined) {
    const pipe = await ConsistencyModelPipeline.fromPretrained();
    while (images.length < jobs) {
      const seeds = Array.from({ length: Math.min(8, jobs - images.length) }, (_, k) => images.length + k);
      const made = await pipe.generate({
        classLabels: seeds.map((seed) => seed % classes),
        generator: seeds.map((seed) => new TorchGenerator(seed)),
      });
      images.push(...made.images.map(({ data }) => Uint8Array.from(data)));
    }
    await pipe.dispose();
    await writeFile(file, Buffer.concat(images));
    return images;
  }
  const size = known.length / jobs;
  return Array.from({ length: jobs }, (_, index) => known.subarray(index * size, (index + 1) * size));
}

/** A client with a retry: it sends a request again, with the same key, until it has an image. */
async function askUntilAnswered(
  { frontEnds }: ChaosService,
  job: number,
  counts: ClientCounts,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let attempt = job; ; attempt += 1) {
    const url = frontEnds[attempt % 2]?.url ?? "";
    try {
      const response = await fetch(`${url}/v1/images/generations`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": keyOf(job) },
        body: JSON.stringify({ seed: job, class_labels: job % classes }),
        signal: AbortSignal.timeout(patience),
      });
      const body = (await response.json()) as {
        readonly data?: readonly [{ readonly b64_json: string }];
        readonly error?: { readonly code: string };
      };
      if (response.ok && body.data !== undefined)
        return new Uint8Array(Buffer.from(body.data[0].b64_json, "base64"));
      const refusal = `${response.status} ${body.error?.code ?? ""}`;
      counts.refusals[refusal] = (counts.refusals[refusal] ?? 0) + 1;
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") counts.timeouts += 1;
      else counts.connectionsLost += 1;
    }
    await sleep(500 + 500 * Math.random());
  }
}

function keyOf(job: number): string {
  return `chaos-${job}`;
}

/** The largest difference of a PNG from pixels, in 1/255. */
async function difference(
  image: Uint8Array<ArrayBuffer>,
  expected: Uint8Array = new Uint8Array(),
): Promise<number> {
  const { data } = await RasterImage.fromPng(image);
  if (data.length !== expected.length) return 255;
  return data.reduce((most, value, index) => Math.max(most, Math.abs(value - (expected[index] ?? 0))), 0);
}

/** Reads the outcome of each job in the queue, and all images in the storage. */
async function inspect(url: string, folder: string, expected: readonly Uint8Array[]): Promise<Remains> {
  const queue = await openQueue(url, { waitForServer: 30 });
  const storage = await openStorage(folder, {});
  const totals = { completed: 0, missingOutcomes: 0, wrongImages: 0 };
  const named = new Set<string>();
  const ids = new Set<string>();
  try {
    await inParallel(expected.length, 8, async (job) => {
      const digest = createHash("sha256")
        .update(`anonymous\n${keyOf(job)}`)
        .digest("hex");
      const id = `idem_${digest.slice(0, 40)}-0`;
      ids.add(id);
      const outcome = await queue.wait(id, { signal: AbortSignal.timeout(20_000) }).catch(() => undefined);
      if (outcome?.status !== "completed") {
        totals.missingOutcomes += 1;
        return;
      }
      totals.completed += 1;
      named.add(outcome.image.key);
      const bytes = await storage.get(outcome.image.key);
      if (bytes === undefined || (await difference(bytes, expected[job])) > 1) totals.wrongImages += 1;
    });
    let orphans = 0;
    let foreign = 0;
    for await (const { key } of storage.list("results/")) {
      if (!named.has(key)) orphans += 1;
      if (!ids.has(/^results\/(idem_[0-9a-f]{40}-0)-/.exec(key)?.[1] ?? "")) foreign += 1;
    }
    const { waiting, running } = await queue.load();
    const failed = (await queue.failures()).length;
    return { ...totals, orphans, foreign, waiting, running, failed };
  } finally {
    await queue.close();
    await storage.close();
  }
}
