import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { startServer } from "../start-server.ts";
import { startService, type TestService } from "./__fixtures__/start-service.ts";

let service: TestService;

afterEach(() => service.close());

const long = { prompt: "fox", num_inference_steps: 40 };

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error("It did not happen.");
}

describe("a client that leaves", () => {
  it("stops its run before the next step, and frees its place", async () => {
    service = await startService();
    const controller = new AbortController();
    const call = service.post(
      "/v1/images/generations",
      { ...long, num_inference_steps: 40 },
      { signal: controller.signal },
    );
    const { queue } = service.handler.parts;
    await until(async () => (await queue.load()).running === 1);
    controller.abort();
    await expect(call).rejects.toThrow();
    await until(async () => (await queue.load()).running === 0);
    expect((await service.post("/v1/images/generations", { prompt: "fox" })).status).toBe(200);
    expect(service.runs[0]?.outcome).toBe("cancelled");
    await until(() => service.requests.some(({ status }) => status === 499));
  });

  it("leaves no job behind that still waited", async () => {
    service = await startService();
    const first = service.post("/v1/images/generations", long);
    const controller = new AbortController();
    const second = service.post("/v1/images/generations", { ...long, n: 8 }, { signal: controller.signal });
    const { queue } = service.handler.parts;
    await until(async () => (await queue.load()).waiting === 8);
    controller.abort();
    await expect(second).rejects.toThrow();
    await until(async () => (await queue.load()).waiting === 0);
    expect((await first).status).toBe(200);
    await until(() => service.runs.length > 0);
    expect(service.runs).toHaveLength(1);
  });

  it("stops a stream of images", async () => {
    service = await startService();
    const response = await service.post("/v1/images/generations", {
      ...long,
      stream: true,
      partial_images: 16,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const { queue } = service.handler.parts;
    await until(async () => (await queue.load()).running === 0);
    expect(service.runs[0]?.outcome).toBe("cancelled");
  });

  it("does not stop what has an idempotency key", async () => {
    service = await startService();
    const headers = { "idempotency-key": "again" };
    const controller = new AbortController();
    const call = service.post("/v1/images/generations", long, { headers, signal: controller.signal });
    const { queue } = service.handler.parts;
    await until(async () => (await queue.load()).running === 1);
    controller.abort();
    await expect(call).rejects.toThrow();
    const answer = await service.post("/v1/images/generations", long, { headers });
    expect(answer.status).toBe(200);
    expect(service.runs).toMatchObject([{ outcome: "completed" }]);
  });

  it("may leave at any stage of a request", async () => {
    service = await startService();
    const body = JSON.stringify({ prompt: "fox", n: 4 });
    const request = `POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (let length = 1; length <= request.length; length += 7) {
      const socket = await open(service.url);
      socket.write(request.slice(0, length));
      await sleep(2);
      socket.destroy();
    }
    const { queue, storage } = service.handler.parts;
    await until(async () => (await queue.load()).running + (await queue.load()).waiting === 0);
    expect((await service.post("/v1/images/generations", { prompt: "fox" })).status).toBe(200);
    await until(async () => (await countOf(storage.list("images/"))) === 0);
  });
});

async function countOf(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count += 1;
  return count;
}

function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.on("error", reject);
  });
}

describe("a client that is slow", () => {
  it.each([
    ["headers", ["GET /livez HTTP/1.1\r\n", "Host: localhost\r\n", "X-A: "]],
    [
      "a body",
      [
        "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
      ],
    ],
  ])("is cut off in the middle of %s, and others are served", async (_, parts) => {
    service = await startService();
    const slow = await startServer(service.handler, { port: 0, headersTimeout: 0.5, requestTimeout: 1 });
    try {
      const socket = await open(slow.url);
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      let text = "";
      socket.on("data", (data) => {
        text += data.toString();
      });
      for (const part of parts) socket.write(part);
      const drip = setInterval(() => socket.write("x"), 100);
      expect((await fetch(`${slow.url}/livez`)).status).toBe(200);
      await closed;
      clearInterval(drip);
      expect(text).toContain("408");
    } finally {
      await slow.close(1);
    }
  });
});

describe("a deadline of the client", () => {
  it("ends its jobs", async () => {
    service = await startService();
    const response = await service.post("/v1/images/generations", long, {
      headers: { "x-stainless-timeout": "0.05" },
    });
    expect(response.status).toBe(504);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { queue } = service.handler.parts;
    await until(async () => (await queue.load()).running === 0);
  });
});

describe("an overload", () => {
  it("is refused at once, with a time to come back; what was accepted is made", async () => {
    service = await startService({ limits: { queueSeconds: 0.2, requestsPerKey: 10_000 } });
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => service.post("/v1/images/generations", { prompt: "fox", n: 4 })),
    );
    const accepted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 503);
    expect(accepted.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(accepted.length + refused.length).toBe(60);
    for (const { headers } of refused) {
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(Number(headers.get("retry-after"))).toBeLessThan(60);
      expect(headers.get("x-should-retry")).toBe("true");
    }
  });
});

describe("a stop", () => {
  it("finishes what was accepted, and refuses what comes", async () => {
    service = await startService();
    const running = service.post("/v1/images/generations", long);
    const { queue } = service.handler.parts;
    await until(async () => (await queue.load()).running === 1);
    service.handler.drain();
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    const refused = await service.post("/v1/images/generations", { prompt: "fox" });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("connection")).toBe("close");
    expect((await running).status).toBe(200);
  });
});
