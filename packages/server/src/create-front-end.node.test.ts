import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { type QueueServer, startPostgres } from "@onestep/queue-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFrontEnd, type FrontEnd } from "./create-front-end.ts";
import { generatePng, model } from "./http/__fixtures__/start-service.ts";
import { openQueue } from "./queue/bullmq-queue.ts";
import { FolderStorage } from "./storage/folder-storage.node.ts";
import { type RunningWorker, startWorker } from "./worker/start-worker.ts";
import type { RunReport } from "./worker/worker.ts";

let server: QueueServer;
let folder: string;
let pipe: ConsistencyModelPipeline;
const frontEnds: FrontEnd[] = [];
const workers: RunningWorker[] = [];
const runs: RunReport[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), "onestep-front-end-"));
  pipe = await ConsistencyModelPipeline.fromPretrained();
  for (let count = 0; count < 2; count += 1) {
    const queue = await openQueue(server.url, { leaseSeconds: 2, stalledCheckSeconds: 0.5 });
    const storage = await FolderStorage.open(folder);
    workers.push(
      await startWorker({
        ...{ queue, storage, version: "1", maxBatch: 1, beat: 200, models: { [model]: { pipeline: pipe } } },
        onRun: (report) => runs.push(report),
      }),
    );
    closing.push(() => queue.close());
    frontEnds.push(
      createFrontEnd({ queue: await openQueue(server.url), storage: await FolderStorage.open(folder) }),
    );
  }
}, 60_000);

afterAll(async () => {
  for (const worker of workers) await worker.stop();
  for (const close of closing) await close();
  for (const frontEnd of frontEnds) await frontEnd.close();
  await pipe.dispose();
  await server.stop();
  await rm(folder, { recursive: true });
}, 60_000);

function ask(frontEnd: FrontEnd | undefined, body: object, init: RequestInit = {}): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    ...(init.headers as Record<string, string> | undefined),
  };
  const request = new Request("http://localhost/v1/images/generations", {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers,
  });
  return (frontEnd as FrontEnd)(request);
}

describe("front ends and workers over PostgreSQL", () => {
  it("make the images that generate makes", async () => {
    const answers = await Promise.all(
      [0, 1].map(async (index) =>
        (await ask(frontEnds[index], { prompt: "fox", seed: 10 * index, n: 4 })).json(),
      ),
    );
    const seeds = [0, 1, 2, 3, 10, 11, 12, 13];
    const expected = await Promise.all(seeds.map((seed) => generatePng(pipe, { classLabels: "fox", seed })));
    const images = answers.flatMap(({ data }) => data as { b64_json: string }[]);
    expect(images.map(({ b64_json: image }) => image)).toEqual(expected.map((png) => png.toString("base64")));
  });

  it("are ready as soon as a worker is, and list its model", async () => {
    const get = async (path: string): Promise<Response> =>
      (frontEnds[0] as FrontEnd)(new Request(`http://localhost${path}`));
    expect((await get("/readyz")).status).toBe(200);
    expect(await (await get("/v1/models")).json()).toMatchObject({ data: [{ id: model }] });
    expect((await frontEnds[0]?.workers.workers())?.map(({ id }) => id).sort()).toEqual(
      workers.map(({ id }) => id).sort(),
    );
  });

  it("stream previews", async () => {
    const response = await ask(frontEnds[1], {
      prompt: "fox",
      seed: 1,
      num_inference_steps: 6,
      stream: true,
      partial_images: 2,
    });
    const text = await response.text();
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
      "image_generation.partial_image",
      "image_generation.partial_image",
      "image_generation.completed",
    ]);
    const expected = await generatePng(pipe, { classLabels: "fox", seed: 1, numInferenceSteps: 6 });
    expect(text).toContain(expected.toString("base64"));
  });

  it("answer a repeated request with the same image, whichever front end it comes to", async () => {
    const init = { headers: { "idempotency-key": "once" } };
    const before = runs.length;
    const [one, other] = await Promise.all(
      frontEnds.map(async (frontEnd) => (await ask(frontEnd, { prompt: "fox" }, init)).json()),
    );
    expect(other.data).toEqual(one.data);
    expect(runs.length).toBe(before + 1);
    const reused = await ask(frontEnds[1], { prompt: "panda" }, init);
    expect(reused.status).toBe(422);
  });

  it("stop the run of a client that leaves, on the worker", async () => {
    const controller = new AbortController();
    const before = runs.length;
    const call = ask(
      frontEnds[0],
      { prompt: "fox", num_inference_steps: 40, n: 1 },
      { signal: controller.signal },
    );
    while ((await (frontEnds[0] as FrontEnd).parts.queue.load()).running === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    await call.catch(() => undefined);
    while (runs.length === before) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runs.at(-1)?.outcome).toBe("cancelled");
    const answer = await ask(frontEnds[0], { prompt: "fox", seed: 3 });
    expect(answer.status).toBe(200);
  }, 60_000);

  it("leave nothing in the storage but what may be asked for again", async () => {
    const keys: string[] = [];
    const storage = (frontEnds[0] as FrontEnd).parts.storage;
    for (const prefix of ["images/", "inputs/"])
      for await (const { key } of storage.list(prefix)) keys.push(key);
    expect(keys).toEqual([]);
  });

  it("say that the queue is away, and go on when it is back", async () => {
    await server.kill("SIGKILL");
    const refused = await ask(frontEnds[0], { prompt: "fox", seed: 5 });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: "queue_unavailable" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await server.restart();
    let response = await ask(frontEnds[0], { prompt: "fox", seed: 5 });
    for (let tries = 0; response.status === 503 && tries < 60; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      response = await ask(frontEnds[0], { prompt: "fox", seed: 5 });
    }
    expect(response.status).toBe(200);
  }, 90_000);
});
