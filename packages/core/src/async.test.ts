import { describe, expect, it } from "vitest";
import { nextTask, untilAborted } from "./async.ts";

describe("nextTask", () => {
  it("lets tasks that wait already go first, and microtasks too", async () => {
    const order: string[] = [];
    const { port1, port2 } = new MessageChannel();
    const heard = new Promise<void>((resolve) => {
      port1.onmessage = () => {
        order.push("a message that was sent before");
        port1.close();
        resolve();
      };
    });
    port2.postMessage(undefined);
    const next = nextTask().then(() => order.push("the next task"));
    queueMicrotask(() => order.push("a microtask"));
    await Promise.all([heard, next]);
    expect(order).toEqual(["a microtask", "a message that was sent before", "the next task"]);
  });
});

describe("untilAborted", () => {
  it("gives what the work gives, with and without a signal", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), undefined)).toBe(1);
    expect(await untilAborted(Promise.resolve(2), signal)).toBe(2);
    expect(await untilAborted(3, signal)).toBe(3);
    await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  });

  it("rejects with the reason of an abort, before and while it waits", async () => {
    const never = new Promise<never>(() => undefined);
    const reason = new Error("enough");
    await expect(untilAborted(never, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = untilAborted(never, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it("leaves nothing unhandled where the work fails after the abort", async () => {
    const controller = new AbortController();
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<void>((_, fail) => {
      reject = fail;
    });
    const waiting = untilAborted(promise, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    // An unhandled rejection would fail the run of the tests.
    reject(new Error("too late"));
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
