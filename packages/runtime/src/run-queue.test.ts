import { describe, expect, it } from "vitest";
import { RunQueue } from "./run-queue.ts";

/** Work that ends when told to. */
class ManualWork {
  started = false;
  end: (result: string) => void = () => {};
  fail: (error: unknown) => void = () => {};
  readonly run = (): Promise<string> => {
    this.started = true;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
  };
}

/** Lets every promise that can settle do so. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("RunQueue", () => {
  it("runs one piece at a time, in the order it was added", async () => {
    const queue = new RunQueue();
    const works = [new ManualWork(), new ManualWork(), new ManualWork()] as const;
    const results = works.map((work) => queue.add(work.run));
    await settle();
    expect(works.map((work) => work.started)).toEqual([true, false, false]);
    works[0].end("first");
    await settle();
    expect(works.map((work) => work.started)).toEqual([true, true, false]);
    works[1].end("second");
    await settle();
    works[2].end("third");
    expect(await Promise.all(results)).toEqual(["first", "second", "third"]);
  });

  it("goes on after work that failed", async () => {
    const queue = new RunQueue();
    const [first, second] = [new ManualWork(), new ManualWork()];
    const failed = expect(queue.add(first.run)).rejects.toThrow("no");
    const result = queue.add(second.run);
    first.fail(new Error("no"));
    await failed;
    await settle();
    second.end("done");
    expect(await result).toBe("done");
  });

  it("goes on after work that throws before it returns a promise", async () => {
    const queue = new RunQueue();
    const running = new ManualWork();
    const result = queue.add(running.run);
    const failed = queue.add(() => {
      throw new Error("at once");
    });
    const last = queue.add(async () => "last");
    running.end("done");
    await expect(failed).rejects.toThrow("at once");
    expect(await Promise.all([result, last])).toEqual(["done", "last"]);
  });

  it("never starts work that was aborted before or while it waited", async () => {
    const queue = new RunQueue();
    const controller = new AbortController();
    const [running, waiting, last] = [new ManualWork(), new ManualWork(), new ManualWork()];
    const result = queue.add(running.run);
    const aborted = queue.add(waiting.run, controller.signal);
    const lastResult = queue.add(last.run);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(queue.add(waiting.run, controller.signal)).rejects.toBe(reason);
    running.end("done");
    expect(await result).toBe("done");
    await settle();
    last.end("last");
    expect(await lastResult).toBe("last");
    expect(waiting.started).toBe(false);
  });

  it("rejects running work at once on abort, and starts the next only after it has ended", async () => {
    const queue = new RunQueue();
    const controller = new AbortController();
    const [running, next] = [new ManualWork(), new ManualWork()];
    const aborted = queue.add(running.run, controller.signal);
    const result = queue.add(next.run);
    controller.abort();
    await expect(aborted).rejects.toHaveProperty("name", "AbortError");
    await settle();
    expect(next.started).toBe(false);
    running.end("nobody waits for this");
    await settle();
    expect(next.started).toBe(true);
    next.end("next");
    expect(await result).toBe("next");
  });

  it("does not report what aborted work failed with later", async () => {
    const queue = new RunQueue();
    const controller = new AbortController();
    const running = new ManualWork();
    const aborted = queue.add(running.run, controller.signal);
    controller.abort();
    await expect(aborted).rejects.toHaveProperty("name", "AbortError");
    running.fail(new Error("late"));
    expect(await queue.add(async () => "next")).toBe("next");
  });

  it("close rejects what waits, each with an error of its own, and waits for what runs", async () => {
    const queue = new RunQueue();
    const [running, waiting] = [new ManualWork(), new ManualWork()];
    const result = queue.add(running.run);
    const errors = [queue.add(waiting.run), queue.add(waiting.run)].map((promise) =>
      promise.catch((error: unknown) => error),
    );
    let closed = false;
    const closing = queue
      .close(() => new Error("closed"))
      .then(() => {
        closed = true;
      });
    const [one, other] = await Promise.all(errors);
    expect(one).toEqual(new Error("closed"));
    expect(other).not.toBe(one);
    await expect(queue.add(waiting.run)).rejects.toThrow("closed");
    expect(closed).toBe(false);
    running.end("done");
    await closing;
    expect(await result).toBe("done");
    expect(waiting.started).toBe(false);
  });

  it("leaves no listener on a signal that outlives the work", async () => {
    const queue = new RunQueue();
    const listeners = new Set<unknown>();
    const signal = new AbortController().signal;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (type: string, listener: EventListener) => {
      listeners.add(listener);
      addEventListener.call(signal, type, listener);
    };
    signal.removeEventListener = (type: string, listener: EventListener) => {
      listeners.delete(listener);
      removeEventListener.call(signal, type, listener);
    };
    const running = new ManualWork();
    const result = queue.add(running.run, signal);
    const closed = queue.add(running.run, signal).catch(() => {});
    expect(listeners.size).toBe(2);
    running.end("done");
    await queue.close(() => new Error("closed"));
    await Promise.all([result, closed]);
    await settle();
    expect(listeners.size).toBe(0);
  });
});
