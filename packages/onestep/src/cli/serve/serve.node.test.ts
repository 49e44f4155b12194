import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { startPostgres } from "@onestep/queue-servers";
import { afterEach, describe, expect, it } from "vitest";
import { program, runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";

const folder = temporaryFolder();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
}

/** Starts a service on a free port, and waits until it listens. */
function start(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const child = spawn(process.execPath, [program, "serve", ...words], {
    cwd: folder(),
    env: { ...process.env, XDG_STATE_HOME: join(folder(), "state"), ONESTEP_PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let stderr = "";
  let stdout = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve) => {
    child.once("close", (exitCode) => resolve({ exitCode, stderr }));
  });
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      const url = /: (http:\S+) /.exec(stdout)?.[1];
      if (url !== undefined) resolve({ url, child, ended });
    });
    void ended.then(() => reject(new Error(stderr)));
  });
}

const ask = (url: string, body: object = { prompt: "fox", seed: 1 }, headers = {}): Promise<Response> =>
  fetch(`${url}/v1/images/generations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("onestep serve", () => {
  it("answers with images, pages, states and metrics, and ends on SIGTERM", async () => {
    const { url, child, ended } = await start(["--alias", "gpt-image-1=@onestep/emoji32"]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await ask(url, { model: "gpt-image-1", prompt: "fox", seed: 1 })).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).text()).toBe("ready");
    expect((await fetch(`${url}/status`)).headers.get("content-type")).toContain("text/html");
    expect(await (await fetch(`${url}/status.json`)).json()).toMatchObject({
      models: [{ loaded: true }],
      rates: { images_per_minute: 1 },
    });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('onestep_images_total{model="@onestep/emoji32"} 1');
    expect(metrics).toContain(
      'onestep_request_duration_seconds_count{route="/v1/images/generations",status="200"} 1',
    );
    expect(metrics).toMatch(/onestep_queue_cost_seconds\{model="@onestep\/emoji32"\} 0\n/);
    expect((await fetch(`${url}/v1/batches`)).status).toBe(200);
    child.kill("SIGTERM");
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(0);
    const line = stderr.split("\n").find((text) => text.includes('"route":"/v1/images/generations"'));
    expect(JSON.parse(line ?? "{}")).toMatchObject({ event: "request", status: 200, owner: "anonymous" });
    expect(stderr).not.toContain("fox");
  }, 60_000);

  it("takes options before the environment, and the environment before a file", async () => {
    await writeFile(
      join(folder(), "config.json"),
      JSON.stringify({ "max-images": 2, strict: true, alias: ["a=@onestep/emoji32"], "max-batch": 3 }),
    );
    const { url } = await start(["--config", "config.json", "--max-images", "4"], {
      ONESTEP_MAX_IMAGES: "3",
      ONESTEP_ALIAS: "b=@onestep/emoji32",
    });
    expect((await ask(url, { prompt: "fox", n: 5 })).status).toBe(400);
    expect((await ask(url, { prompt: "fox", n: 4 })).status).toBe(200);
    expect((await ask(url, { prompt: "fox", wrong: 1 })).status).toBe(400);
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["@onestep/emoji32", "b"]);
  }, 60_000);

  it("lets only holders of keys in, from elsewhere", async () => {
    await writeFile(
      join(folder(), "keys.txt"),
      "# those who may\nalice a-secret-of-alice-1234\n\nbob sha256:08b7937b0c1f4d4c1d0cba7f7e4c9cb28c7bc5d40e9d7d3a2b9d6d4d3b9f2f11\n",
    );
    const { url } = await start(["--host", "0.0.0.0", "--api-keys-file", "keys.txt"]);
    const own = url.replace("0.0.0.0", "127.0.0.1");
    expect((await ask(own)).status).toBe(401);
    expect((await ask(own, undefined, { authorization: "Bearer a-secret-of-alice-1234" })).status).toBe(200);
  }, 60_000);

  it("shows the queue to browsers of those who have a key", async () => {
    const server = await startPostgres();
    try {
      const { url, child, ended } = await start([], {
        ONESTEP_QUEUE: server.url,
        ONESTEP_API_KEYS: "alice:a-secret-of-alice-1234",
      });
      expect((await fetch(`${url}/queues`)).headers.get("www-authenticate")).toBe('Basic realm="Onestep"');
      const authorization = `Basic ${btoa("alice:a-secret-of-alice-1234")}`;
      const page = await fetch(`${url}/queues`, { headers: { authorization } });
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("Onestep queues")]);
      const queues = await fetch(`${url}/queues/api/queues`, { headers: { authorization } });
      expect(await queues.json()).toEqual({ queues: [] });
      child.kill("SIGTERM");
      expect((await ended).exitCode).toBe(0);
    } finally {
      await server.stop();
    }
  }, 60_000);

  it("shares its folder with no other process", async () => {
    await start(["--storage", "own"]);
    const second = await runOnestep(["serve", "--port", "0", "--storage", "own"], { folder: folder() });
    expect(second.exitCode).toBe(7);
    expect(second.stderr).toContain("is in use by process");
  }, 60_000);

  it("writes prompts to its log if asked to", async () => {
    const { url, child, ended } = await start(["--log-prompts", "--log-format", "text"]);
    await ask(url, { prompt: "fox" });
    child.kill("SIGINT");
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /\nFinishing the requests that are being answered… press Ctrl-C again to quit now\.\n$/,
    );
    expect(stderr).toMatch(/\d\d:\d\d:\d\d 200 POST \/v1\/images\/generations \d+ ms anonymous req_\w+\n/);
  }, 60_000);
});

describe("onestep serve refuses, before it loads a model,", () => {
  it.each([
    ["an address that others reach, without keys", ["--host", "0.0.0.0"], {}, "--no-auth"],
    ["a port that is none", ["--port", "70000"], {}, "expected a number from 0 to 65535"],
    ["a port of the environment that is none", [], { ONESTEP_PORT: "x" }, "expected a number"],
    ["an origin with a path", ["--cors-origin", "https://a.example/x"], {}, "expected an origin"],
    ["every origin", ["--cors-origin", "*"], {}, "expected an origin"],
    ["an alias without a model", ["--alias", "x"], {}, "expected a name, = and a value"],
    ["a bucket without a queue", ["--storage", "s3://bucket"], {}, "--queue"],
    ["models beside a queue", ["some/model", "--queue", "redis://localhost"], {}, "onestep worker"],
    ["keys that are too short", [], { ONESTEP_API_KEYS: "me:short" }, "at least 16 characters"],
    ["a file of keys that is missing", ["--api-keys-file", "missing.txt"], {}, "cannot be read"],
    [
      "two models of one name",
      ["a/model", "b/model"].map((path) => `/tmp/${path}`),
      {},
      "Two models are named model",
    ],
    ["a log of another kind", [], { ONESTEP_LOG_FORMAT: "xml" }, "expected text or json"],
    ["an adapter for another model", ["--lora", "style@other=x"], {}, "other is not served"],
  ] as const)("%s", async (_, words, environment, message) => {
    const { exitCode, stderr } = await runOnestep(["serve", ...words], {
      folder: folder(),
      environment: { XDG_STATE_HOME: folder(), ...environment },
    });
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain("short\n");
  });

  it("a setting of the file that does not exist", async () => {
    await writeFile(join(folder(), "config.json"), '{"prot": 1}');
    const { exitCode, stderr } = await runOnestep(["serve", "--config", "config.json"], { folder: folder() });
    expect(stderr).toContain("Did you mean port?");
    expect(exitCode).toBe(2);
  });

  it("a port that is taken, and a model that does not load", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const environment = { XDG_STATE_HOME: folder() };
    const result = await runOnestep(["serve", "--port", port], { folder: folder(), environment });
    taken.close();
    expect(result.stderr).toContain("another program listens on");
    expect(result.exitCode).toBe(3);
    const missing = await runOnestep(["serve", "--port", "0", "./nowhere"], {
      folder: folder(),
      environment,
    });
    expect(missing.stderr).toContain("nowhere cannot be served");
    expect(missing.exitCode).toBe(3);
  }, 60_000);
});

describe("onestep worker", () => {
  it.each([
    ["no queue", [], "--queue is missing"],
    ["a queue of another kind", ["--queue", "mysql://user:secret@localhost/db"], "redis://"],
  ] as const)("refuses %s", async (_, words, message) => {
    const { exitCode, stderr } = await runOnestep(["worker", ...words], {
      folder: folder(),
      environment: { XDG_STATE_HOME: folder() },
    });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("secret");
    expect(exitCode).toBeGreaterThan(0);
  });
});
