import { EventEmitter } from "node:events";
import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";
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

const folder = temporaryFolder();

/** Every step of the grid, so that there is time to stop between two of them. */
const timesteps = Array.from({ length: 40 }, (_, index) => 39 - index).join();
const words = ["generate", "--seed", "0", "--timesteps", timesteps, "--batch-size", "8", "--out", "a.png"];

describe("a run that is stopped", () => {
  it.each([
    ["SIGINT", 130, "Interrupted."],
    ["SIGTERM", 143, "Terminated."],
  ] as const)("by %s ends with %d and leaves no file", async (signal, exitCode, message) => {
    const result = await runOnestep(words, { folder: folder(), signals: [["Step 1 of 40", signal]] });
    expect(result).toMatchObject({ exitCode, signal: null, stdout: "" });
    expect(result.stderr).toContain(
      `Finishing this step… press Ctrl-C again to quit now.\nerror: ${message}\n`,
    );
    expect(result.stderr).not.toContain("Step 40 of 40");
    expect(await readdir(folder())).toEqual([]);
  });

  it("while it loads ends as well", async () => {
    const options = { folder: folder(), signals: [["Loading unet", "SIGINT"]] } as const;
    expect(await runOnestep([...words, "--json"], options)).toMatchObject({
      exitCode: 130,
      stdout: expect.stringContaining('"code": "interrupted"'),
    });
    expect(await readdir(folder())).toEqual([]);
  });

  it("twice ends at once", async () => {
    // One step of so many images takes seconds; a killed process does not wait for it.
    const long = ["generate", "--timesteps", timesteps, "--batch-size", "64", "--out", "a.png"];
    const result = await runOnestep(long, {
      folder: folder(),
      signals: [
        ["Step 1 of 40", "SIGINT"],
        ["Finishing this step", "SIGINT"],
      ],
    });
    expect(result).toMatchObject({ exitCode: null, signal: "SIGINT", stdout: "" });
    expect(await readdir(folder())).toEqual([]);
  });
});
