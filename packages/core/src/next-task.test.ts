import { expect, it } from "vitest";
import { nextTask } from "./next-task.ts";

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
