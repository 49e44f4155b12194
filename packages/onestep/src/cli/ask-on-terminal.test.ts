import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { askOnTerminal } from "./ask-on-terminal.ts";

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
