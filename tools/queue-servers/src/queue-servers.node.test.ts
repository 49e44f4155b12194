import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { type QueueServer, startPostgres, startRedis } from "./index.ts";

/** Whether something listens. */
async function isReachable({ url }: QueueServer): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function survivesKills(server: QueueServer): Promise<void> {
  try {
    expect(new URL(server.url).hostname).toBe("127.0.0.1");
    expect(await isReachable(server)).toBe(true);
    const { pid, url } = server;
    await server.kill("SIGKILL");
    expect(await isReachable(server)).toBe(false);
    await server.restart();
    expect(await isReachable(server)).toBe(true);
    expect(server.pid).not.toBe(pid);
    expect(server.url).toBe(url);
  } finally {
    await server.stop();
  }
  expect(await isReachable(server)).toBe(false);
}

describe("startPostgres", () => {
  it("starts a server that comes back on its port after SIGKILL, and ends it", async () => {
    await survivesKills(await startPostgres());
  });
});

describe("startRedis", () => {
  it("starts a server that comes back on its port after SIGKILL, and ends it, where one is installed", async () => {
    const server = await startRedis();
    if (server !== undefined) await survivesKills(server);
  });
});
