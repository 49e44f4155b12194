import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { askOnTerminal, openOutputStream } from "./system.ts";

function makeTerminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  return { input, output };
}

describe("askOnTerminal", () => {
  it("asks and takes a line", async () => {
    const terminal = makeTerminal();
    const answer = askOnTerminal("Sure? ", new AbortController().signal, terminal);
    terminal.input.write("yes\n");
    expect(await answer).toBe("yes");
    expect(terminal.output.read()?.toString()).toBe("Sure? ");
  });

  it("takes the end of the input for an empty answer", async () => {
    const terminal = makeTerminal();
    const answer = askOnTerminal("Sure? ", new AbortController().signal, terminal);
    terminal.input.end();
    expect(await answer).toBe("");
  });

  it("rejects with the reason of the signal, before and while it asks", async () => {
    const controller = new AbortController();
    const answer = askOnTerminal("Sure? ", controller.signal, makeTerminal());
    const reason = new Error("stopped");
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await expect(askOnTerminal("Sure? ", controller.signal, makeTerminal())).rejects.toBe(reason);
  });
});

function makeStream() {
  const written: string[] = [];
  const listeners: ((error: NodeJS.ErrnoException) => void)[] = [];
  const stream = {
    isTTY: true,
    columns: 80,
    write(content: string | Uint8Array, callback?: (error?: Error | null) => void) {
      written.push(String(content));
      callback?.();
    },
    on: (_event: string, listener: (error: NodeJS.ErrnoException) => void) => listeners.push(listener),
    off() {},
  };
  const fail = (code: string): void => {
    for (const listener of listeners) listener(Object.assign(new Error(code), { code }));
  };
  return { stream, written, fail };
}

describe("openOutputStream", () => {
  it("passes on what is written, and what the stream is", () => {
    const { stream, written } = makeStream();
    const output = openOutputStream(stream);
    output.write("a");
    stream.columns = 100;
    expect(written).toEqual(["a"]);
    expect(output).toMatchObject({ isTTY: true, columns: 100 });
  });

  it("goes on without a reader", () => {
    const { stream, written, fail } = makeStream();
    const output = openOutputStream(stream);
    fail("EPIPE");
    output.write("a");
    expect(written).toEqual([]);
  });

  it("keeps another failure for the end of the run", async () => {
    const { stream, fail } = makeStream();
    const output = openOutputStream(stream);
    await output.flush();
    expect(output.failure).toBeUndefined();
    fail("ENOSPC");
    fail("EIO");
    expect(output.failure?.code).toBe("ENOSPC");
  });

  it("says of bytes whether they were written", async () => {
    const { stream, written, fail } = makeStream();
    const output = openOutputStream(stream);
    expect(await output.writeBytes(Uint8Array.of(65))).toBeUndefined();
    expect(written).toEqual(["65"]);
    fail("EPIPE");
    expect(await output.writeBytes(Uint8Array.of(66))).toMatchObject({ code: "EPIPE" });
    expect(output.failure).toBeUndefined();
  });
});
