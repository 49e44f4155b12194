export { type StartPostgresOptions, startPostgres } from "./postgres.ts";
export { startRedis } from "./redis.ts";
export type { QueueServer } from "./server-process.ts";
