import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type ServiceProcess, startOnestep } from "./service-process.ts";

/** A line of the log of `onestep`. */
export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly event: string;
  readonly jobs?: readonly string[];
}

/** A process of `onestep` that is started again whenever it ends. */
export class MortalProcess {
  readonly #args: readonly string[];
  readonly #onLine: (line: LogLine) => void;
  #process: ServiceProcess | undefined;
  #logRead: Promise<unknown> = Promise.resolve();
  #isStopping = false;
  #isKilled = false;
  #url = "";
  #running: Promise<void> = Promise.resolve();
  /** What it wrote when it ended by itself. */
  readonly crashes: string[] = [];

  constructor(args: readonly string[], onLine: (line: LogLine) => void = () => undefined) {
    this.#args = args;
    this.#onLine = onLine;
  }

  /** Whether it is ready, and not killed yet. */
  get isReady(): boolean {
    return this.#process !== undefined && !this.#isKilled;
  }

  /** Where it listens, or listened last. */
  get url(): string {
    return this.#url;
  }

  /** Starts it, and resolves once it is ready. */
  async start(): Promise<void> {
    const service = await startOnestep(this.#args);
    this.#url = service.ready;
    this.#isKilled = false;
    this.#process = service;
    const { stderr } = service.child;
    if (stderr === null) throw new Error("The process has no stderr.");
    const tail: string[] = [];
    const lines = createInterface({ input: stderr });
    lines.on("line", (text) => {
      tail.push(text);
      if (tail.length > 20) tail.shift();
      const line = parseLine(text);
      if (line !== undefined) this.#onLine(line);
    });
    this.#logRead = once(lines, "close");
    this.#running = this.#restartAfter(service, tail);
  }

  /** Kills it. Resolves when all that it wrote has been read; it is started again at the same time. */
  async kill(): Promise<void> {
    const { pid } = this.#process?.child ?? {};
    if (pid === undefined) return;
    this.#isKilled = true;
    process.kill(pid, "SIGKILL");
    await this.#logRead;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    while (this.#process === undefined) await sleep(100);
    await this.#process.stop();
    await this.#running;
  }

  async #restartAfter(service: ServiceProcess, tail: readonly string[]): Promise<void> {
    const { child } = service;
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await service.kill();
    await this.#logRead;
    if (this.#isStopping) return;
    this.#process = undefined;
    if (!this.#isKilled) this.crashes.push(`exit code ${child.exitCode}: ${tail.join("\n")}`);
    for (;;) {
      try {
        return await this.start();
      } catch (error) {
        this.crashes.push(String(error));
        await sleep(500);
      }
    }
  }
}

/** @returns Undefined for other text, and for a line that a kill cut. */
function parseLine(text: string): LogLine | undefined {
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
  return JSON.parse(text) as LogLine;
}
