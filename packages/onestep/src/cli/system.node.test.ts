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
    write: (text: string) => written.push(text),
    on: (_event: "error", listener: (error: NodeJS.ErrnoException) => void) => listeners.push(listener),
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

  it("does not hide other failures", () => {
    const { stream, fail } = makeStream();
    openOutputStream(stream);
    expect(() => fail("EIO")).toThrow("EIO");
  });
});
