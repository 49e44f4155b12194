import type { CDPSession, Page } from "playwright";

/** The memory of a thread: JavaScript objects, and separately arrays and WebAssembly memories. */
export interface HeapUsage {
  readonly objectBytes: number;
  readonly arrayBytes: number;
}

/** The highest values seen. */
export interface HeapPeaks {
  readonly page: HeapUsage;
  readonly workers: HeapUsage;
  /** The page and the workers together, objects and arrays. */
  readonly total: number;
}

interface Usage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

const nothing: HeapUsage = { objectBytes: 0, arrayBytes: 0 };

/** Repeatedly samples the heaps of a page and its workers. */
export class HeapWatch {
  readonly #session: CDPSession;
  readonly #workers = new Map<string, (method: string) => Promise<unknown>>();
  #peaks: HeapPeaks = { page: nothing, workers: nothing, total: 0 };
  #running: Promise<void> | undefined;
  #stopped = false;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async start(page: Page): Promise<HeapWatch> {
    const watch = new HeapWatch(await page.context().newCDPSession(page));
    await watch.#attachToWorkers();
    await watch.#session.send("HeapProfiler.collectGarbage");
    watch.#running = watch.#look();
    return watch;
  }

  async stop(): Promise<HeapPeaks> {
    this.#stopped = true;
    await this.#running;
    await this.#session.detach();
    return this.#peaks;
  }

  async #attachToWorkers(): Promise<void> {
    const replies = new Map<number, (result: unknown) => void>();
    let lastId = 0;
    this.#session.on("Target.attachedToTarget", ({ sessionId }) => {
      this.#workers.set(sessionId, (method) => {
        lastId += 1;
        const id = lastId;
        const reply = new Promise<unknown>((resolve) => replies.set(id, resolve));
        const message = JSON.stringify({ id, method });
        void this.#session.send("Target.sendMessageToTarget", { sessionId, message }).catch(() => {
          replies.get(id)?.(undefined);
        });
        return reply;
      });
    });
    this.#session.on("Target.receivedMessageFromTarget", ({ message }) => {
      const { id, result } = JSON.parse(message) as { id?: number; result?: unknown };
      if (id !== undefined) replies.get(id)?.(result);
    });
    this.#session.on("Target.detachedFromTarget", ({ sessionId }) => {
      this.#workers.delete(sessionId);
      for (const resolve of replies.values()) resolve(undefined);
    });
    await this.#session.send("Target.setAutoAttach", {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
  }

  async #look(): Promise<void> {
    while (!this.#stopped) {
      const page = toHeapUsage(await this.#session.send("Runtime.getHeapUsage"));
      const usages = await Promise.all([...this.#workers.values()].map((ask) => ask("Runtime.getHeapUsage")));
      const workers = usages.map(toHeapUsage).reduce(add, nothing);
      const together = add(page, workers);
      this.#peaks = {
        page: largest(this.#peaks.page, page),
        workers: largest(this.#peaks.workers, workers),
        total: Math.max(this.#peaks.total, together.objectBytes + together.arrayBytes),
      };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function toHeapUsage(answer: unknown): HeapUsage {
  const { usedSize = 0, backingStorageSize = 0 } = (answer ?? {}) as Partial<Usage>;
  return { objectBytes: usedSize, arrayBytes: backingStorageSize };
}

function add(first: HeapUsage, second: HeapUsage): HeapUsage {
  return {
    objectBytes: first.objectBytes + second.objectBytes,
    arrayBytes: first.arrayBytes + second.arrayBytes,
  };
}

function largest(first: HeapUsage, second: HeapUsage): HeapUsage {
  return {
    objectBytes: Math.max(first.objectBytes, second.objectBytes),
    arrayBytes: Math.max(first.arrayBytes, second.arrayBytes),
  };
}
