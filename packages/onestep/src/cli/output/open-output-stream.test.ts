import { describe, expect, it } from "vitest";
import { openOutputStream } from "./open-output-stream.ts";

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
