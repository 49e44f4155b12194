import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { model, startService, type TestService } from "./__fixtures__/start-service.ts";
import { hashApiKey } from "./keys.ts";

const secrets = { alice: "alice-0123456789abcdef", bob: "bob-0123456789abcdef" };
let service: TestService;

beforeAll(async () => {
  service = await startService({
    keys: await Promise.all(Object.entries(secrets).map(([name, secret]) => hashApiKey(name, secret))),
    allowedHosts: ["127.0.0.1", "localhost"],
    corsOrigins: ["https://app.example.com"],
    addRoutes(app) {
      for (const path of ["/extra", "/queues", "/queues/:path{.+}"])
        app.get(path, (context) => context.text(context.get("owner")));
    },
  });
});

afterAll(() => service.close());

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${service.url}${path}`, { headers });

const bearer = (secret: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${secret}` });

describe("keys", () => {
  it.each([
    "/v1/models",
    `/v1/models/${model}`,
    "/extra",
    "/metrics",
    "/v1/nothing",
    "/v1/a.html",
    "/status.json",
  ])("guard %s", async (path) => {
    const response = await get(path);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key" } });
  });

  it.each(["POST /v1/images/generations", "POST /v1/images/edits", "DELETE /v1/models", "PUT /"])(
    "guard %s",
    async (route) => {
      const [method = "", path = ""] = route.split(" ");
      const response = await fetch(`${service.url}${path}`, {
        method,
        body: "{}",
        headers: { "content-type": "application/json" },
      });
      expect([401, 404]).toContain(response.status);
      if (path.startsWith("/v1")) expect(response.status).toBe(401);
    },
  );

  it.each(["/livez", "/readyz"])("do not guard %s, which says nothing", async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it("say whose request it is", async () => {
    expect(await (await get("/extra", bearer(secrets.alice))).text()).toBe("alice");
    expect(await (await get("/extra", bearer(secrets.bob))).text()).toBe("bob");
  });

  it.each([
    "",
    "Bearer",
    "Bearer ",
    "Bearer alice",
    `Basic ${secrets.alice}`,
    `Bearer ${secrets.alice}x`,
    `Bearer ${secrets.alice.toUpperCase()}`,
  ])("are not %j", async (authorization) => {
    expect((await get("/v1/models", { authorization })).status).toBe(401);
  });
});

describe("keys in a browser, at the dashboard of the queue", () => {
  const basic = (user: string, secret: string): Readonly<Record<string, string>> => ({
    authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`,
  });

  it.each(["/queues", "/queues/api/queues", "/queues/static/main.js"])(
    "are asked for by %s",
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Basic realm="Onestep"');
      expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key" } });
    },
  );

  it.each(["", "anybody", "ünïcode"])("are the password, of the user %j", async (user) => {
    const response = await get("/queues/api/queues", basic(user, secrets.bob));
    expect([response.status, await response.text()]).toEqual([200, "bob"]);
  });

  it("are taken as Bearer tokens too", async () => {
    expect(await (await get("/queues", bearer(secrets.alice))).text()).toBe("alice");
  });

  it.each([
    basic("alice", ""),
    basic("alice", `${secrets.alice}x`),
    basic(secrets.alice, ""),
    { authorization: `Basic ${secrets.alice}` },
    { authorization: `Basic ${Buffer.from(secrets.alice).toString("base64")}` },
    { authorization: "Basic %%%" },
  ])("are not %j", async (headers) => {
    const response = await get("/queues", headers);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="Onestep"');
  });

  it.each(["/v1/models", "/extra", "/queuesx", "/status.json"])("are not taken by %s", async (path) => {
    const response = await get(path, basic("alice", secrets.alice));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
  });
});

describe("pages of other sites", () => {
  it("cannot reach the service by a name of theirs", async () => {
    const { host, port } = new URL(service.url);
    const { request } = await import("node:http");
    const status = (name: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = request(
          { host: "127.0.0.1", port, path: "/livez", headers: { host: name } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        sent.on("error", reject);
        sent.end();
      });
    expect(await status(host)).toBe(200);
    expect(await status(`localhost:${port}`)).toBe(200);
    expect(await status("attacker.example")).toBe(403);
    expect(await status(`127.0.0.1.attacker.example:${port}`)).toBe(403);
  });

  it("may not call it, unless their origin is listed", async () => {
    const headers = { ...bearer(secrets.alice), "sec-fetch-site": "cross-site" };
    expect((await get("/v1/models", { ...headers, origin: "https://evil.example" })).status).toBe(403);
    const allowed = await get("/v1/models", { ...headers, origin: "https://app.example.com" });
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("learn from a preflight what they may send", async () => {
    const ask = (origin: string): Promise<Response> =>
      fetch(`${service.url}/v1/images/generations`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization, x-stainless-lang, cookie",
        },
      });
    const allowed = await ask("https://app.example.com");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-headers")).toBe("authorization, x-stainless-lang");
    const refused = await ask("https://evil.example");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("limits of a key", () => {
  it("refuse more requests at a time, with a time to come back", async () => {
    const limited = await startService({ limits: { requestsPerKey: 2 } });
    try {
      const body = { prompt: "fox", num_inference_steps: 20 };
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => limited.post("/v1/images/generations", body)),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(4);
      expect(refused[0]?.headers.get("retry-after")).toBe("1");
      expect(refused[0]?.headers.get("x-should-retry")).toBe("true");
      expect((await limited.post("/v1/images/generations", { prompt: "fox" })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  it("do not let one owner hold up another", async () => {
    const order: string[] = [];
    const fair = await startService({
      keys: await Promise.all(Object.entries(secrets).map(([name, secret]) => hashApiKey(name, secret))),
      onRun: ({ jobs }) => order.push(jobs[0]?.owner ?? ""),
    });
    try {
      const send = (secret: string): Promise<Response> =>
        fair.post(
          "/v1/images/generations",
          { prompt: "fox", n: 8, num_inference_steps: 4 },
          { headers: bearer(secret) },
        );
      const greedy = [send(secrets.alice), send(secrets.alice), send(secrets.alice)];
      await new Promise((resolve) => setTimeout(resolve, 30));
      await send(secrets.bob);
      await Promise.all(greedy);
      // Bob's eight images were made while most of Alice's twenty-four were waiting.
      expect(order.lastIndexOf("bob")).toBeLessThan(order.lastIndexOf("alice") - 6);
    } finally {
      await fair.close();
    }
  });
});

describe("what is not told", () => {
  it("an error of the inside", async () => {
    const broken = await startService({
      addRoutes: (app) =>
        app.get("/v1/broken", () => {
          throw new Error("password=hunter2 at /srv/secret");
        }),
    });
    try {
      const response = await fetch(`${broken.url}/v1/broken`);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("hunter2");
      expect(broken.requests.at(-1)).toMatchObject({
        status: 500,
        route: "/v1/broken",
        error: expect.any(Error),
      });
    } finally {
      await broken.close();
    }
  });

  it("prompts and keys, in reports for logs and metrics", async () => {
    await service.post("/v1/images/generations", { prompt: "fox" }, { headers: bearer(secrets.alice) });
    const reports = JSON.stringify(service.requests);
    expect(reports).not.toContain("fox");
    expect(reports).not.toContain(secrets.alice);
    expect(service.requests.at(-1)).toMatchObject({
      owner: "alice",
      status: 200,
      route: "/v1/images/generations",
    });
  });
});
