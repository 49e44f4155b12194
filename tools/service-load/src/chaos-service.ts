import { setTimeout as sleep } from "node:timers/promises";
import type { QueueServer } from "@onestep/queue-servers";
import type { Kill, Victim } from "./chaos-plan.ts";
import { type LogLine, MortalProcess } from "./mortal-process.ts";

/** Two front ends, four workers and their queue. */
export class ChaosService {
  readonly #server: QueueServer;
  readonly frontEnds: readonly MortalProcess[];
  readonly #workers: readonly MortalProcess[];
  readonly kills: Record<Victim, number> = { worker: 0, frontEnd: 0, server: 0 };
  readonly takeovers: number[] = [];
  /** When the worker of a job was killed, by job. */
  readonly orphaned: Map<string, number> = new Map();
  /** The jobs that each worker has started and not reported. */
  readonly #held = new Map<MortalProcess, Set<string>>();
  #restart: Promise<void> = Promise.resolve();

  constructor(server: QueueServer, storage: string) {
    this.#server = server;
    const shared = ["--queue", server.url, "--storage", storage, "--log-format", "json"];
    const limits = ["--max-requests-per-key", "100000", "--max-queue-seconds", "86400"];
    this.frontEnds = [0, 1].map(() => new MortalProcess(["serve", "--port", "0", ...shared, ...limits]));
    this.#workers = [0, 1, 2, 3].map(() => {
      const held = new Set<string>();
      const worker = new MortalProcess(["worker", "--threads", "1", "--max-batch", "4", ...shared], (line) =>
        this.#note(line, held),
      );
      this.#held.set(worker, held);
      return worker;
    });
  }

  get crashes(): readonly string[] {
    return [...this.frontEnds, ...this.#workers].flatMap(({ crashes }) => crashes);
  }

  async start(): Promise<void> {
    for (const each of this.#workers) await each.start();
    await Promise.all(this.frontEnds.map(async (each) => await each.start()));
  }

  /** Kills according to a plan. The next kill does not wait until what was killed is back. */
  async killAll(plan: readonly Kill[], done: () => number): Promise<void> {
    for (const { after, victim, choice } of plan) {
      while (done() < after) await sleep(20);
      if (victim === "server") await this.#killServer();
      else await this.#killOne(victim === "worker" ? this.#workers : this.frontEnds, choice);
      this.kills[victim] += 1;
    }
    await this.#restart;
  }

  async stop(): Promise<void> {
    await this.#restart;
    await Promise.all([...this.frontEnds, ...this.#workers].map(async (each) => await each.stop()));
  }

  async #killServer(): Promise<void> {
    await this.#restart;
    await this.#server.kill("SIGKILL");
    this.#restart = this.#server.restart();
  }

  async #killOne(candidates: readonly MortalProcess[], choice: number): Promise<void> {
    for (;;) {
      const ready = candidates.filter(({ isReady }) => isReady);
      const chosen = ready[Math.floor(choice * ready.length)];
      if (chosen === undefined) {
        await sleep(20);
        continue;
      }
      const killedAt = Date.now();
      await chosen.kill();
      const held = this.#held.get(chosen);
      for (const id of held ?? []) this.orphaned.set(id, killedAt);
      held?.clear();
      return;
    }
  }

  #note({ time, event, jobs = [] }: LogLine, held: Set<string>): void {
    for (const id of jobs) {
      if (event === "run") held.delete(id);
      if (event !== "start") continue;
      held.add(id);
      const killedAt = this.orphaned.get(id);
      if (killedAt === undefined) continue;
      this.takeovers.push(Date.parse(time) - killedAt);
      this.orphaned.delete(id);
    }
  }
}
