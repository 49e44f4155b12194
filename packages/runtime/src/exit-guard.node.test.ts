import { afterEach, describe, expect, it } from "vitest";
import { ExitGuard } from "./exit-guard.node.ts";

const listenersBefore: number = process.listenerCount("exit");
const guards: ExitGuard[] = [];

function createGuard(): ExitGuard {
  const guard = new ExitGuard();
  guards.push(guard);
  return guard;
}

afterEach(() => {
  for (const guard of guards.splice(0)) guard.forget();
});

// What an exit of the process does is tested in caller/node/process-exit.node.test.ts, in processes of their own.
describe("ExitGuard", () => {
  it("listens for the exit of the process only while a worker is busy, once for all of them", () => {
    const [first, second] = [createGuard(), createGuard()];
    expect(process.listenerCount("exit")).toBe(listenersBefore);
    first.enter();
    second.enter();
    expect(process.listenerCount("exit")).toBe(listenersBefore + 1);
    first.forget();
    expect(process.listenerCount("exit")).toBe(listenersBefore + 1);
    second.forget();
    second.forget();
    expect(process.listenerCount("exit")).toBe(listenersBefore);
  });

  it("shares its state with the guard of the worker's side", () => {
    const guard = createGuard();
    const workerSide = new ExitGuard(guard.flag);
    guard.enter();
    expect(workerSide.begin()).toBe(true);
    expect(workerSide.closing).toBe(false);
    workerSide.leave();
    expect(workerSide.begin()).toBe(false);
  });
});
