import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { type QueueServer, startPostgres, startRedis } from "@onestep/queue-servers";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { QueueUnavailableError, UnknownJobError } from "../errors.ts";
import type { ImageJob } from "../job.ts";
import { claimJob, completed, describeJobQueue, makeJob } from "./__fixtures__/queue-contract.ts";
import { type OpenQueueOptions, openQueue } from "./bullmq-queue.ts";
import type { JobQueue } from "./queue.ts";

const postgres = await startPostgres();
const redis = await startRedis();
if (redis === undefined)
  console.info("No Redis and no Valkey is installed: the queue is tested on PostgreSQL alone.");
const servers: readonly (readonly [string, QueueServer])[] = [
  ["PostgreSQL", postgres],
  ...(redis === undefined ? [] : [["Redis", redis] as const]),
];
const quick = { leaseSeconds: 1, stalledCheckSeconds: 0.3, timeoutSeconds: 3 };
const slow = { ...quick, leaseSeconds: 30 };

afterAll(async () => {
  for (const [, server] of servers) await server.stop();
});

for (const [name, server] of servers) {
  describeJobQueue(`a queue on ${name}`, {
    leaseSeconds: 1,
    open: async () => await openQueue(server.url, quick),
  });
}

/** A way to a server that can fall silent, as a network does. */
async function startProxy(url: string): Promise<{ readonly url: string; silence(): void; close(): void }> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const own = new URL(url);
  own.port = String((proxy.address() as AddressInfo).port);
  return {
    url: own.href,
    silence: () => {
      for (const socket of sockets) socket.unpipe().resume();
      sockets.clear();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

/** The error that opening a queue ends with. */
async function openingError(url: string, options: OpenQueueOptions = quick): Promise<unknown> {
  return await openQueue(url, options).then(
    async (queue) => {
      await queue.close();
      return undefined;
    },
    (error: unknown) => error,
  );
}

describe.each(servers)("a queue on %s", (name, server) => {
  const opened: JobQueue[] = [];
  const open = async (options: OpenQueueOptions = quick): Promise<JobQueue> => {
    const queue = await openQueue(server.url, options);
    opened.push(queue);
    return queue;
  };

  afterEach(async () => {
    vi.useRealTimers();
    for (const queue of opened.splice(0)) await queue.close();
  });

  it("survives its server: calls say so, waits and claims go on, and no outcome is lost", async () => {
    const queue = await open(slow);
    const [job, later] = [makeJob(), makeJob()];
    await queue.enqueue([job]);
    const claim = await claimJob(queue, job.model);
    const waiting = queue.wait(job.id);
    const claiming = claimJob(queue, later.model);
    await server.kill("SIGKILL");
    const start = performance.now();
    await expect(queue.enqueue([later])).rejects.toSatisfy((error) =>
      QueueUnavailableError.isInstance(error),
    );
    await expect(queue.complete(claim, completed)).rejects.toThrow(QueueUnavailableError);
    await expect(queue.renew([claim])).rejects.toThrow(QueueUnavailableError);
    await expect(queue.load(job.model)).rejects.toThrow(`${name} at 127.0.0.1:${new URL(server.url).port}`);
    expect(performance.now() - start).toBeLessThan(4 * 1000 * quick.timeoutSeconds);
    await server.restart();
    await expect
      .poll(async () => await queue.enqueue([later]).catch(() => "away"), { timeout: 10_000 })
      .toBe(undefined);
    await queue.renew([claim]);
    expect(claim.signal.aborted).toBe(false);
    expect(await queue.complete(claim, completed)).toBe(true);
    expect(await waiting).toEqual(completed);
    expect((await claiming).job.id).toBe(later.id);
    await queue.complete(await claiming, completed);
    expect(await queue.wait(later.id)).toEqual(completed);
  });

  it("goes on over new connections when those it has fall silent", async () => {
    const proxy = await startProxy(server.url);
    const queue = await openQueue(proxy.url, { ...slow, timeoutSeconds: 1 });
    opened.push(queue);
    const [job, later] = [makeJob(), makeJob()];
    await queue.enqueue([job]);
    const claim = await claimJob(queue, job.model);
    const waiting = queue.wait(job.id);
    const claiming = claimJob(queue, later.model);
    await delay(100);
    proxy.silence();
    await expect
      .poll(async () => await queue.complete(claim, completed).catch(() => "away"), { timeout: 10_000 })
      .toBe(true);
    expect(await waiting).toEqual(completed);
    await queue.enqueue([later]);
    expect((await claiming).job.id).toBe(later.id);
    await queue.close();
    proxy.close();
  });

  it("does not depend on the clocks of the machines", async () => {
    const hour = 3_600_000;
    const jobs = [makeJob(), makeJob(), makeJob()];
    const models = jobs.map(({ model }) => model);
    const queue = await open({ ...quick, leaseSeconds: 3.5 });
    await queue.enqueue(jobs);
    const clocks = [0, hour, -hour];
    const claims = [];
    for (const [index, model] of models.entries()) {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + (clocks[index] ?? 0) });
      claims.push(await claimJob(queue, model));
      vi.useRealTimers();
    }
    // Another machine, whose clock is ahead, looks for dead workers several times.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hour });
    const other = await open(quick);
    expect(await other.claim({ models, count: 1, signal: AbortSignal.timeout(1000) })).toEqual([]);
    // Then one whose clock is behind sees the leases end, all in time.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 2 * hour });
    for (const [index, model] of models.entries()) {
      const claim = await claimJob(other, model);
      expect(claim.job.id).toBe(jobs[index]?.id);
      expect(claim.failures).toBe(0);
      expect(await queue.complete(claims[index] ?? claim, completed)).toBe(false);
      expect(await other.complete(claim, completed)).toBe(true);
    }
  });

  it("forgets outcomes after some time", async () => {
    const queue = await open({ ...slow, keepSeconds: 1 });
    const { model } = makeJob();
    const [first, ...others] = Array.from({ length: 65 }, () => makeJob({ model }));
    await queue.enqueue([first as ImageJob, ...others]);
    await queue.complete(await claimJob(queue, model), completed);
    expect(await queue.wait(first?.id ?? "")).toEqual(completed);
    await delay(1200);
    // What has expired is removed with the end of one of them.
    for (const _ of others) await queue.complete(await claimJob(queue, model), completed);
    await expect(queue.wait(first?.id ?? "")).rejects.toThrow(UnknownJobError);
    expect(await queue.wait(others.at(-1)?.id ?? "")).toEqual(completed);
  });

  it("says that a claim has settled its job when the call is repeated, as after a lost answer", async () => {
    const queue = await open(slow);
    const job = makeJob();
    await queue.enqueue([job]);
    const claim = await claimJob(queue, job.model);
    const [first, second] = await Promise.all([
      queue.complete(claim, completed),
      queue.complete(claim, completed),
    ]);
    expect([first, second]).toEqual([true, true]);
  });

  it("refuses what cannot be stored", async () => {
    const queue = await open();
    for (const prompt of ["a\u0000b", "half of one: \ud83e"]) {
      const job = makeJob({ settings: { seed: 1, prompt } });
      await expect(queue.enqueue([job])).rejects.toThrow("half of a surrogate pair");
    }
    for (const id of ["12", "a:b", ""]) {
      await expect(queue.enqueue([makeJob({ id })])).rejects.toThrow(InvalidArgumentError);
    }
  });

  it("ends claims and waits when it is closed", async () => {
    const queue = await open();
    const job = makeJob();
    await queue.enqueue([job]);
    const waiting = queue.wait(job.id);
    const claiming = queue.claim({
      models: [makeJob().model],
      count: 1,
      signal: new AbortController().signal,
    });
    await delay(50);
    const ended = expect(waiting).rejects.toThrow(QueueUnavailableError);
    await queue.close();
    await ended;
    expect(await claiming).toEqual([]);
    await expect(queue.enqueue([job])).rejects.toThrow("The queue was closed.");
  });

  it("waits for a server that starts later, and says where it looked for one that does not", async () => {
    await server.kill("SIGKILL");
    const { port } = new URL(server.url);
    const error = await openingError(server.url);
    expect(QueueUnavailableError.isInstance(error)).toBe(true);
    expect(String(error)).toContain(`${name} at 127.0.0.1:${port}, is not available`);
    const opening = open({ ...quick, waitForServer: 30 });
    await delay(300);
    await server.restart();
    const queue = await opening;
    expect(await queue.load(makeJob().model)).toEqual({ waiting: 0, running: 0, seconds: 0 });
  });
});

describe("openQueue", () => {
  it("makes its tables once, however many processes start at a time", async () => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("CREATE DATABASE fresh");
    await client.end();
    const url = postgres.url.replace(/postgres$/, "fresh");
    const queues = await Promise.all([1, 2, 3, 4].map(async () => await openQueue(url, quick)));
    for (const queue of queues) await queue.close();
  });

  it("takes the URLs of queue servers alone, and repeats none", async () => {
    for (const url of [
      "mysql://user:secret@localhost/",
      "localhost:6379",
      "secret",
      "redis://",
      "postgres:///db",
    ]) {
      const error = await openingError(url);
      expect(InvalidArgumentError.isInstance(error)).toBe(true);
      expect(String(error)).toContain("redis://, rediss://, valkey://, postgres:// or postgresql://");
      expect(String(error)).not.toContain("secret");
    }
  });

  it("takes options in their ranges alone", async () => {
    const error = await openingError("redis://localhost", { leaseSeconds: Number.NaN });
    expect(String(error)).toContain("leaseSeconds: found NaN, expected a number, at least 0.5.");
  });

  it.each(["redis", "postgres"])(
    "does not wait long for something at %s:// that says nothing",
    async (protocol) => {
      const silent = createServer().listen(0, "127.0.0.1");
      await once(silent, "listening");
      const sockets: Socket[] = [];
      silent.on("connection", (socket) => sockets.push(socket));
      const { port } = silent.address() as AddressInfo;
      const error = await openingError(`${protocol}://127.0.0.1:${port}/db`, { timeoutSeconds: 0.5 });
      expect(QueueUnavailableError.isInstance(error)).toBe(true);
      for (const socket of sockets) socket.destroy();
      silent.close();
    },
  );

  it("tells no password and no user", async () => {
    const wrong = new URL(postgres.url);
    wrong.username = "somebody";
    wrong.password = "se%24cret";
    const error = await openingError(wrong.href);
    expect(QueueUnavailableError.isInstance(error)).toBe(true);
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(everything).toContain("password authentication failed");
    for (const secret of ["somebody", "se$cret", "se%24cret"]) expect(everything).not.toContain(secret);
  });

  describe("without the packages", () => {
    beforeAll(() => {
      for (const name of ["pg", "ioredis"]) {
        vi.doMock(name, () => {
          throw new Error("not found");
        });
      }
    });
    afterAll(() => {
      for (const name of ["pg", "ioredis"]) vi.doUnmock(name);
    });

    it.each([
      ["postgresql://localhost/db", "npm install bullmq pg"],
      ["valkey://localhost", "npm install bullmq ioredis"],
    ])("says for %s to run `%s`", async (url, command) => {
      const error = await openingError(url);
      expect(UnsupportedError.isInstance(error)).toBe(true);
      expect(String(error)).toContain(command);
    });
  });
});
