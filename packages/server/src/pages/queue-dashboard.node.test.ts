import { UnsupportedError } from "@onestep/core";
import { type QueueServer, startPostgres, startRedis } from "@onestep/queue-servers";
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createFrontEnd } from "../create-front-end.ts";
import { hashApiKey } from "../http/keys.ts";
import { claimJob, completed, makeJob } from "../queue/__fixtures__/queue-contract.ts";
import { openQueue } from "../queue/bullmq-queue.ts";
import { MemoryQueue } from "../queue/memory-queue.ts";
import type { JobQueue } from "../queue/queue.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { queueDashboard } from "./queue-dashboard.ts";

type Server = readonly [string, QueueServer];
const redis = await startRedis();
const servers: [Server, ...Server[]] = [
  ["PostgreSQL", await startPostgres()] as const,
  ...(redis === undefined ? [] : [["Redis", redis] as const]),
];

afterAll(async () => {
  for (const [, server] of servers) await server.stop();
});

const secretJob = (model: string) =>
  makeJob({
    model,
    owner: "somebody",
    settings: { prompt: "a secret", seed: 0 },
    output: { format: "png", key: "images/secret", previews: 1 },
  });

describe.each(servers)("the dashboard of a queue on %s", (_, server) => {
  let app: Hono;
  let queue: JobQueue;
  let models: readonly string[];

  beforeEach(async () => {
    app = new Hono();
    queue = await openQueue(server.url);
    models = [];
    await queueDashboard(app, { queue, models: async () => models });
  });

  afterEach(async () => {
    await queue.close();
  });

  const list = async (): Promise<string> => await (await app.request("/queues/api/queues")).text();

  it("serves a page under its path, which loads nothing of another host", async () => {
    const answer = await app.request("/queues");
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("Onestep queues");
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:");
  });

  it("shows jobs without anything that was asked for", async () => {
    const model = "org/model of secrets";
    models = [model];
    const [waiting, done] = [secretJob(model), secretJob(model)];
    await queue.enqueue([done]);
    const claim = await claimJob(queue, model);
    await queue.announce(claim, { key: "images/secret-preview", step: 1 } as never);
    await queue.complete(claim, { ...completed, image: { ...completed.image, key: "images/secret" } });
    await queue.enqueue([waiting]);
    const name = JSON.parse(await list()).queues[0].name;
    const read = async (path: string): Promise<string> => {
      const answer = await app.request(`/queues/api/queues${path}`);
      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      return text;
    };
    const shown = await read(`/${name}/${done.id}`);
    expect(JSON.parse(shown)).toMatchObject({
      job: { data: { id: done.id, model, task: "generation" }, progress: 0, returnValue: null },
    });
    const all = await read(`?activeQueue=${name}&status=prioritized`);
    expect(JSON.parse(all)).toMatchObject({
      queues: [
        {
          description: model,
          readOnlyMode: true,
          counts: { prioritized: 1, completed: 1 },
          jobs: [{ id: waiting.id }],
        },
      ],
    });
    expect(shown + all).not.toMatch(/a secret|secret-|images\/secret|somebody/);
  });

  it("has the queues of the models that workers serve now", async () => {
    const shown = async (): Promise<unknown> =>
      JSON.parse(await list()).queues.map(({ description }: { description: string }) => description);
    expect(await shown()).toEqual([]);
    models = ["one/model", "another"];
    expect(await shown()).toEqual(["one/model", "another"]);
    models = ["another"];
    expect(await shown()).toEqual(["another"]);
  });

  it.each([
    ["PUT", "/queues/api/queues/images/pause"],
    ["PUT", "/queues/api/queues/images/job-1/retry"],
    ["PUT", "/queues/api/queues/images/job-1/clean"],
    ["POST", "/queues/api/queues/images/add"],
    ["PUT", "/queues/api/queues/images/obliterate"],
  ])("changes nothing: %s %s", async (method, path) => {
    const answer = await app.request(path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });

  it("answers 503 on a front end whose queue is away, and asks browsers for a key", async () => {
    const secret = "alice-0123456789abcdef";
    const handler = createFrontEnd({
      ...{ queue, storage: new MemoryStorage(), keys: [await hashApiKey("alice", secret)] },
    });
    await queueDashboard(handler.app, { queue, models: async () => models });
    const get = (path: string, headers = {}): Promise<Response> =>
      handler(new Request(`http://localhost${path}`, { headers }));
    const refused = await get("/queues");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Basic realm="Onestep"');
    const authorization = `Basic ${btoa(`anybody:${secret}`)}`;
    expect((await get("/queues", { authorization })).status).toBe(200);
    expect(await (await get("/queues/api/queues", { authorization })).json()).toEqual({ queues: [] });
    await server.kill("SIGKILL");
    models = ["a model that appears"];
    const away = await get("/queues/api/queues", { authorization });
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "5"]);
    await server.restart();
  });
});

describe("without bull-board", () => {
  beforeAll(() => {
    vi.doMock("@bull-board/hono", () => {
      throw new Error("Cannot find package '@bull-board/hono'");
    });
  });

  afterAll(() => {
    vi.doUnmock("@bull-board/hono");
  });

  it("says what to install", async () => {
    const [[, server]] = servers;
    const queue = await openQueue(server.url);
    const mounted = queueDashboard(new Hono(), { queue, models: async () => [] });
    const error = await mounted.catch((cause: unknown) => cause);
    await queue.close();
    expect(UnsupportedError.isInstance(error)).toBe(true);
    expect(String(error)).toContain("Run `npm install @bull-board/api @bull-board/hono` to have it.");
  });
});

it("is of queues on BullMQ alone", async () => {
  const options = { queue: new MemoryQueue(), models: async () => [] };
  await expect(queueDashboard(new Hono(), options)).rejects.toThrow(UnsupportedError);
});
