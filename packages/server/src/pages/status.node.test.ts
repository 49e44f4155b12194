import { Hono } from "hono";
import { expect, it } from "vitest";
import { type Status, statusRoutes } from "./status.ts";

const status: Status = {
  version: "1.2.3",
  uptime_seconds: 61,
  models: [{ id: "emoji32", loaded: true, memory_bytes: 5_700_000, seconds_per_image: 0.05, best_batch: 8 }],
  queue: { waiting: 4, running: 1, seconds: 12.5 },
  rates: { images_per_minute: 90, requests_per_minute: 30 },
  workers: [{ id: "worker-1", models: ["emoji32"], running: 1, version: "1.2.3", last_seen_seconds: 2 }],
  failures: [
    { id: "job-1", model: "emoji32", code: "out_of_memory", message: "No memory.", failed_at: 1_764_300_000 },
  ],
};

it("answers with the state, which nobody may keep", async () => {
  const app = new Hono();
  statusRoutes(app, { read: async () => status });
  const answer = await app.request("/status.json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await answer.json()).toEqual(status);
});

it("answers with the fields of the state alone, whatever else the objects hold", async () => {
  const secret = { prompt: "a secret", owner: "somebody" };
  const read = async () => ({
    ...status,
    ...secret,
    queue: { ...status.queue, ...secret },
    rates: { ...status.rates, ...secret },
    models: status.models.map((model) => ({ ...model, ...secret })),
    workers: status.workers.map((worker) => ({ ...worker, ...secret })),
    failures: status.failures.map((failure) => ({ ...failure, ...secret })),
  });
  const app = new Hono();
  statusRoutes(app, { read });
  expect(await (await app.request("/status.json")).json()).toEqual(status);
});

it("reads the state once for requests that come meanwhile, and again for later ones", async () => {
  let reads = 0;
  let finish = (): void => {};
  const app = new Hono();
  statusRoutes(app, {
    read: () => {
      reads += 1;
      return new Promise((resolve) => {
        finish = () => resolve(status);
      });
    },
  });
  const answers = [app.request("/status.json"), app.request("/status.json")];
  await new Promise((resolve) => setTimeout(resolve));
  finish();
  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([200, 200]);
  expect(reads).toBe(1);
  const later = app.request("/status.json");
  await new Promise((resolve) => setTimeout(resolve));
  finish();
  expect((await later).status).toBe(200);
  expect(reads).toBe(2);
});

it("says so when the state cannot be read, and not why, which belongs in the log", async () => {
  const app = new Hono();
  statusRoutes(app, { read: () => Promise.reject(new Error("redis://user:password@host")) });
  const answer = await app.request("/status.json");
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(await answer.json()).toEqual({
    error: {
      message: "The state of the service cannot be read now.",
      type: "service_unavailable_error",
      param: null,
      code: "status_unavailable",
    },
  });
});

it("serves the page and its files under the policy of pages, with nothing inline", async () => {
  const app = new Hono();
  statusRoutes(app, { read: async () => status });
  for (const [path, type] of [
    ["/status", "text/html; charset=utf-8"],
    ["/status.css", "text/css; charset=utf-8"],
    ["/status.js", "text/javascript; charset=utf-8"],
  ] as const) {
    const answer = await app.request(path);
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
  }
  const html = await (await app.request("/status")).text();
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style="| on\w+="/);
  expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)).toEqual([
    "status.css",
    "status.js",
    "./",
  ]);
});
