import type { BackendFactory, IQueueBackend } from "bullmq";
import type { Redis } from "ioredis";
import type { Pool, PoolClient } from "pg";
import { importPackage, type ServerAddress } from "./server-address.ts";
import { ServerClockPool } from "./server-clock.ts";

type BullMQ = typeof import("bullmq");

/** What BullMQ is passed as its connection. The driver has the one that is used. */
export type Connection = Readonly<Record<never, never>>;

/** What differs between the two kinds of server. */
export interface Driver {
  readonly backend: BackendFactory<IQueueBackend, Connection>;
  close(): Promise<void>;
}

/** Connects, and throws the driver's error if that fails. On PostgreSQL, the tables of BullMQ are made or updated. */
export async function openDriver(address: ServerAddress, bullmq: BullMQ, timeout: number): Promise<Driver> {
  return address.kind === "Redis"
    ? await openRedis(address, bullmq, timeout)
    : await openPostgres(address, bullmq, timeout);
}

async function openRedis(address: ServerAddress, bullmq: BullMQ, timeout: number): Promise<Driver> {
  const { Redis } = await importPackage(address, async () => await import("ioredis"));
  const redis: Redis = new Redis(address.url, {
    lazyConnect: true,
    connectTimeout: timeout,
    // BullMQ asks for it on connections that wait for jobs.
    maxRetriesPerRequest: null,
    // A call during an outage fails at once, rather than happen when nobody waits for it.
    enableOfflineQueue: false,
    disconnectTimeout: 300,
    // A connection that is silently cut is noticed. Those that wait for jobs or events hear something every two seconds.
    socketTimeout: timeout + 2000,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 1000),
  });
  let reason: unknown;
  redis.on("error", (error) => {
    reason = error;
  });
  const timer = setTimeout(() => {
    reason ??= new Error(`no answer within ${timeout / 1000} s`);
    redis.disconnect();
  }, timeout);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw reason ?? error;
  } finally {
    clearTimeout(timer);
  }
  return {
    backend: (name, options, kind) =>
      bullmq.createRedisBackend(name, { ...options, connection: redis }, kind),
    close: async () => redis.disconnect(),
  };
}

async function openPostgres(address: ServerAddress, bullmq: BullMQ, timeout: number): Promise<Driver> {
  const { Client, Pool } = (await importPackage(address, async () => await import("pg"))).default;
  const connection = { connectionString: address.url, connectionTimeoutMillis: timeout, keepAlive: true };
  // Other processes may be making the tables, which takes longer than a query may.
  const client = new Client({ ...connection, query_timeout: Math.max(timeout, 60_000) });
  client.on("error", ignore);
  try {
    await client.connect();
    await migrate(client, bullmq);
  } finally {
    await client.end().catch(ignore);
  }
  const pool: Pool = new Pool({
    ...connection,
    // For queries. They are made as they are needed, and closed when they are not.
    max: 8,
    query_timeout: timeout,
    options: "-c search_path=bullmq",
  });
  pool.setMaxListeners(0);
  pool.on("error", ignore);
  const clients = new Set<PoolClient>();
  pool.on("acquire", (client) => clients.add(client));
  pool.on("release", (_error, client) => clients.delete(client));
  const clock = new ServerClockPool(pool);
  return {
    backend: (name, options, kind) => {
      // These keep a connection for themselves.
      if (kind?.blocking === true || kind?.withBlockingConnection === true) pool.options.max += 1;
      return bullmq.createPostgresBackend(name, { ...options, connection: clock }, kind);
    },
    close: async () => {
      const ended = pool.end();
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500))]);
      // BullMQ may take one that listens while it is being closed, and then keeps it.
      for (const client of clients) client.release(true);
      await ended;
    },
  };
}

/** Makes or updates the tables, unless the user may not: then somebody else has to have made them. */
async function migrate(client: InstanceType<typeof import("pg").Client>, bullmq: BullMQ): Promise<void> {
  try {
    await bullmq.runMigrations(client);
  } catch (error) {
    const insufficientPrivilege = "42501";
    if (!(error instanceof Error && "code" in error && error.code === insufficientPrivilege)) throw error;
    await bullmq.assertSchemaCompatibility(client);
  }
}

function ignore(): void {}
