import type { Queue } from "bullmq";
import { Hono } from "hono";
import { beforeEach, expect, it } from "vitest";
import { queueDashboard } from "./queue-dashboard.ts";

const job = {
  id: "job-1",
  name: "image",
  timestamp: 1_764_300_000_000,
  data: {
    id: "job-1",
    model: "emoji32",
    task: "generation",
    owner: "somebody",
    settings: { prompt: "a secret" },
    output: { key: "images/secret" },
  },
  progress: { preview: "images/secret-preview" },
  attemptsMade: 0,
  returnvalue: { image: { key: "images/secret" } },
  stacktrace: [],
  opts: {},
};

/** A queue of BullMQ with one job, as far as the dashboard reads it. */
const queue = {
  name: "images",
  qualifiedName: "bull:images",
  opts: {},
  metaValues: { version: "bullmq:6.7.0" },
  isPaused: async () => false,
  getJobCounts: async () => ({ waiting: 1 }),
  getJobs: async () => [{ ...job, toJSON: () => job, getState: async () => "waiting" }],
  getJob: async () => ({ ...job, toJSON: () => job, getState: async () => "waiting" }),
  getGlobalConcurrency: async () => null,
  getGlobalRateLimit: async () => null,
  getRateLimitTtl: async () => 0,
  getJobSchedulersCount: async () => 0,
  getWorkers: async () => [],
} as unknown as Queue;

let app: Hono;

beforeEach(async () => {
  app = new Hono();
  await queueDashboard(app, [queue]);
});

it("serves a page under its path, which loads nothing of another host", async () => {
  const answer = await app.request("/queues");
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("Onestep queues");
  const policy = answer.headers.get("content-security-policy");
  expect(policy).toContain("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:");
});

it("shows jobs without anything that was asked for", async () => {
  const answer = await app.request("/queues/api/queues/images/job-1");
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    job: { data: { id: "job-1", model: "emoji32", task: "generation" }, progress: 0, returnValue: null },
  });
  const list = await (await app.request("/queues/api/queues?activeQueue=images&status=waiting")).text();
  expect(JSON.parse(list)).toMatchObject({ queues: [{ name: "images", readOnlyMode: true }] });
  expect(text + list).not.toMatch(/secret|somebody/);
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
