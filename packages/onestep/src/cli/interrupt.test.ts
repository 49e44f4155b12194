import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { InterruptedError, listenForInterrupts } from "./interrupt.ts";

describe("listenForInterrupts", () => {
  it.each([
    ["SIGINT", 130, "Interrupted."],
    ["SIGTERM", 143, "Terminated."],
  ])("aborts at %s, and leaves the next signal to the system", (name, exitCode, message) => {
    const source = new EventEmitter();
    const { signal } = listenForInterrupts(source);
    expect(signal.aborted).toBe(false);
    source.emit(name);
    expect(signal.reason).toBeInstanceOf(InterruptedError);
    expect(signal.reason).toMatchObject({ exitCode, message });
    expect(source.eventNames()).toEqual([]);
  });

  it("lets go when it is disposed", () => {
    const source = new EventEmitter();
    const { signal, dispose } = listenForInterrupts(source);
    dispose();
    expect(source.eventNames()).toEqual([]);
    expect(signal.aborted).toBe(false);
  });
});
