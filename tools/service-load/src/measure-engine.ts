import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type QueueServer, startPostgres, startRedis } from "@onestep/queue-servers";
import { type ImageJob, type JobQueue, MemoryQueue } from "@onestep/server";
import { openQueue } from "@onestep/server/node";
import type { EngineMessage } from "./engine-process.ts";
import { runEngineWorkers } from "./engine-workers.ts";
import { percentile } from "./statistics.ts";

/** One run of workers that sleep. */
export interface EngineRun {
  readonly workers: number;
  readonly jobs: number;
  readonly jobsPerSecond: number;
  /** The rate as a part of that of the sleep alone. */
  readonly ofIdeal?: number;
  /** Cores that the queue server used, and the processes of the workers. */
  readonly serverCores: number;
  readonly workerCores: number;
}

/** What was measured of a queue. */
export interface EngineReport {
  /** With a sleep of 100 ms. */
  readonly sleeping: readonly EngineRun[];
  /** Without a sleep, and with twice as many workers until the rate no longer grows. */
  readonly saturated: readonly EngineRun[];
  /** Of one job at a time with eight idle workers: from `enqueue` until `wait` resolves, less the sleep. */
  readonly addedMilliseconds: { readonly p50: number; readonly p99: number };
}

const milliseconds = 100;
/** In one process, so that little of the processor goes to what would be other machines. */
const workersPerProcess = 64;
let lastModel = 0;
let lastJob = 0;

/** Measures a queue without models: how many jobs a second it hands out and settles, and how long that takes. */
export async function measureEngine(seconds: number): Promise<object> {
  const report: Record<string, EngineReport> = { memory: await measureQueue(undefined, seconds) };
  for (const [name, start] of [["postgres", startPostgres] as const, ["redis", startRedis] as const]) {
    const server = await start();
    if (server === undefined) continue;
    try {
      report[name] = await measureQueue(server, seconds);
    } finally {
      await server.stop();
    }
  }
  return { seconds, workersPerProcess, ...report };
}

async function measureQueue(server: QueueServer | undefined, seconds: number): Promise<EngineReport> {
  const queue = server === undefined ? new MemoryQueue() : await openQueue(server.url);
  try {
    const sleeping: EngineRun[] = [];
    for (const workers of [1, 8, 32, 64]) {
      const ideal = (workers * 1000) / milliseconds;
      const run = await measureRun(queue, server, {
        workers,
        milliseconds,
        jobs: Math.ceil(ideal * seconds),
      });
      sleeping.push({ ...run, ofIdeal: run.jobsPerSecond / ideal });
    }
    const saturated: EngineRun[] = [];
    let best = 0;
    for (let workers = 1, misses = 0; workers <= 128 && misses < 2; workers *= 2) {
      const jobs = Math.ceil(Math.max(best, 100) * seconds);
      const run = await measureRun(queue, server, { workers, milliseconds: 0, jobs });
      saturated.push(run);
      misses = run.jobsPerSecond < 1.05 * best ? misses + 1 : 0;
      best = Math.max(best, run.jobsPerSecond);
    }
    const addedMilliseconds = await measureLatency(queue, server, Math.ceil(10 * seconds));
    return { sleeping, saturated, addedMilliseconds };
  } finally {
    await queue.close();
  }
}

/** Adds jobs, lets workers take them, and stops the time until the last is done. */
async function measureRun(
  queue: JobQueue,
  server: QueueServer | undefined,
  {
    workers,
    milliseconds,
    jobs,
  }: { readonly workers: number; readonly milliseconds: number; readonly jobs: number },
): Promise<EngineRun> {
  const model = nextModel();
  await queue.enqueue(Array.from({ length: jobs }, () => makeJob(model)));
  // Connections are made with the first jobs; with the last ones, some workers have nothing to do.
  const first = Math.min(2 * workers, Math.ceil(jobs / 10));
  const last = jobs - workers;
  let done = 0;
  let from = { done: 0, at: 0 };
  let to = { done: 0, at: 0 };
  const onDone = (count: number): void => {
    done += count;
    if (from.at === 0 && done >= first) from = { done, at: performance.now() };
    if (to.at === 0 && done >= last) to = { done, at: performance.now() };
  };
  const pool = await startPool(queue, server, { workers, milliseconds, model, onDone });
  const cpu = await cpuSecondsOf(server);
  const start = performance.now();
  pool.go();
  while (done < jobs) await sleep(1);
  const seconds = (performance.now() - start) / 1000;
  const serverCores = ((await cpuSecondsOf(server)) - cpu) / seconds;
  const workerCores = (await pool.stop()) / seconds;
  const jobsPerSecond = (1000 * (to.done - from.done)) / (to.at - from.at);
  const run = { workers, jobs, jobsPerSecond, serverCores, workerCores };
  console.error(JSON.stringify({ server: server?.url.split(":")[0] ?? "memory", milliseconds, ...run }));
  return run;
}

async function measureLatency(
  queue: JobQueue,
  server: QueueServer | undefined,
  jobs: number,
): Promise<EngineReport["addedMilliseconds"]> {
  const model = nextModel();
  const pool = await startPool(queue, server, { workers: 8, milliseconds, model, onDone: () => undefined });
  pool.go();
  const added: number[] = [];
  for (let index = 0; index < jobs + 5; index += 1) {
    const job = makeJob(model);
    const start = performance.now();
    await queue.enqueue([job]);
    await queue.wait(job.id);
    // The first ones open connections.
    if (index >= 5) added.push(performance.now() - start - milliseconds);
    await sleep(20 * Math.random());
  }
  await pool.stop();
  return { p50: percentile(added, 0.5), p99: percentile(added, 0.99) };
}

interface Pool {
  go(): void;
  /** @returns The seconds of CPU that its processes took. */
  stop(): Promise<number>;
}

interface PoolOptions {
  readonly workers: number;
  readonly milliseconds: number;
  readonly model: string;
  readonly onDone: (count: number) => void;
}

async function startPool(
  queue: JobQueue,
  server: QueueServer | undefined,
  options: PoolOptions,
): Promise<Pool> {
  return server === undefined ? startHere(queue, options) : await startProcesses(server, options);
}

/** The queue in memory has its workers in this process. */
function startHere(queue: JobQueue, { workers, milliseconds, model, onDone }: PoolOptions): Pool {
  const end = new AbortController();
  const cpu = process.cpuUsage();
  let running: Promise<void> = Promise.resolve();
  return {
    go() {
      const { signal } = end;
      running = runEngineWorkers({ queue, model, workers, milliseconds, signal, onDone: () => onDone(1) });
    },
    async stop() {
      end.abort();
      await running;
      const { user, system } = process.cpuUsage(cpu);
      return (user + system) / 1e6;
    },
  };
}

async function startProcesses(
  { url }: QueueServer,
  { workers, milliseconds, model, onDone }: PoolOptions,
): Promise<Pool> {
  const program = fileURLToPath(new URL("./engine-process.js", import.meta.url));
  let cpuSeconds = 0;
  const children = await Promise.all(
    Array.from(
      { length: Math.ceil(workers / workersPerProcess) },
      async (_, index): Promise<ChildProcess> => {
        const own = Math.min(workersPerProcess, workers - index * workersPerProcess);
        const child = fork(program, [url, model, String(own), String(milliseconds)]);
        await once(child, "message");
        child.on("message", (message: EngineMessage) => {
          if (message.event === "done") onDone(message.count);
          if (message.event === "ended") cpuSeconds += message.cpuSeconds;
        });
        return child;
      },
    ),
  );
  return {
    go() {
      for (const child of children) child.send("go");
    },
    async stop() {
      const ended = children.map(async (child) => await once(child, "exit"));
      for (const child of children) child.send("stop");
      await Promise.all(ended);
      return cpuSeconds;
    },
  };
}

/** The CPU time of a process and of its children, as Linux has it: in hundredths of a second. */
async function cpuSecondsOf(server: QueueServer | undefined): Promise<number> {
  if (server === undefined) return 0;
  let ticks = 0;
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, "utf8").catch(() => "") : "";
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (name === String(server.pid) || fields[1] === String(server.pid))
      ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

function nextModel(): string {
  lastModel += 1;
  return `engine-${lastModel}`;
}

function makeJob(model: string): ImageJob {
  lastJob += 1;
  const id = `job_${lastJob}`;
  return {
    ...{ id, format: 1, model, task: "generation", owner: "anonymous", priority: "interactive", cost: 0.1 },
    ...{ group: "32x32", durable: false, settings: { seed: lastJob, classLabel: 8 } },
    output: { format: "png", key: `images/${id}`, previews: 0 },
  };
}
