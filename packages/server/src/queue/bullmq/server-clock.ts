import type { PgPool, PgPoolClient, PgQueryResult } from "bullmq";
import type { Pool, QueryResultRow } from "pg";

/**
 * The clock of the server, in milliseconds. The parameter stays in the statement, because PostgreSQL has to know its type.
 */
function serverClock(parameter: string): string {
  return `(${parameter}::bigint * 0 + (extract(epoch from clock_timestamp()) * 1000)::bigint)`;
}

const rewritten = new Map<string, string>();

/**
 * A statement of BullMQ with the clock of PostgreSQL in place of the machine's.
 *
 * BullMQ 6.7 passes `Date.now()` to PostgreSQL: the end of a lease is the worker's clock plus the lease, and whoever looks
 * for dead workers compares that with a clock of their own. With an hour between two machines, one would take all running
 * jobs from the other. The comments of the statements name that parameter: `$4 now_ms`. On Redis, leases are keys
 * that expire, by the clock of Redis alone; only for how long outcomes are kept depends on the workers' clocks there.
 */
export function useServerClock(text: string): string {
  const known = rewritten.get(text);
  if (known !== undefined) return known;
  let statement = text.replaceAll(/^\s*--.*$/gm, "");
  for (const [, parameter] of text.matchAll(/(\$\d+) (?:now_ms|finished_on)\b/g)) {
    if (parameter === undefined) continue;
    statement = statement.replaceAll(
      new RegExp(`\\${parameter}(?!\\d)(?:::bigint)?`, "g"),
      serverClock(parameter),
    );
  }
  rewritten.set(text, statement);
  return statement;
}

/** A pool for BullMQ whose statements use the clock of the server. */
export class ServerClockPool implements PgPool {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** BullMQ looks here whether dead connections are noticed. */
  get options(): { readonly keepAlive: boolean } {
    return { keepAlive: true };
  }

  async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<PgQueryResult<Row>> {
    return await this.#pool.query<Row & QueryResultRow>(useServerClock(text), [...parameters]);
  }

  async connect(): Promise<PgPoolClient> {
    // BullMQ declares the listeners of a client in overloads, pg in one signature. They are the same.
    return (await this.#pool.connect()) as PgPoolClient;
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  on(
    event: "error" | "connect",
    listener: ((error: Error) => void) | ((client: PgPoolClient) => void),
  ): this {
    this.#pool.on(event as "error", listener as (error: Error) => void);
    return this;
  }

  removeAllListeners(event?: string): this {
    this.#pool.removeAllListeners(event);
    return this;
  }
}
