import { accessSync, constants } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findFreePort, type QueueServer, startServer } from "./server-process.ts";

/**
 * Starts the Redis or Valkey that is installed, with settings under which a job queue loses nothing: every write goes to
 * the disk, and no key is evicted.
 *
 * @returns Undefined if neither `redis-server` nor `valkey-server` is in the `PATH`.
 */
export async function startRedis(): Promise<QueueServer | undefined> {
  const file = findProgram("redis-server") ?? findProgram("valkey-server");
  if (file === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "onestep-redis-"));
  const port = await findFreePort();
  const settings: Readonly<Record<string, string>> = {
    bind: "127.0.0.1",
    port: String(port),
    dir: folder,
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    save: "",
    daemonize: "no",
  };
  return await startServer(`redis://127.0.0.1:${port}`, folder, {
    file,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    options: { cwd: folder },
    ready: "Ready to accept connections",
    stopSignal: "SIGTERM",
  });
}

function findProgram(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
