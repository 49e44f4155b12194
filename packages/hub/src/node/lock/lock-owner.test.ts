import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isRunning, ownProcess, parseLockOwner } from "./lock-owner.ts";

describe("isRunning", () => {
  it("knows this process, and one that runs", async () => {
    expect(await isRunning(await ownProcess())).toBe(true);
    const child = spawn(process.execPath, ["--eval", "process.stdin.resume()"]);
    const owner = { ...(await ownProcess()), pid: child.pid ?? 0, started: "" };
    expect(await isRunning(owner)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isRunning(owner)).toBe(false);
  });

  it("is not deceived by a number that was given out again", async () => {
    const own = await ownProcess();
    // Where the system does not say when a process began, a number is all there is.
    expect(await isRunning({ ...own, started: "1" })).toBe(own.started === "");
  });

  it("does not know the processes of other machines and containers", async () => {
    expect(await isRunning({ ...(await ownProcess()), host: "elsewhere" })).toBeUndefined();
  });
});

describe("parseLockOwner", () => {
  it.each([
    null,
    7,
    {},
    { pid: -1, host: "", started: "" },
    { pid: 1.5, host: "", started: "" },
    { pid: 1, host: 2 },
  ])("refuses %j", (value) => {
    expect(parseLockOwner(value)).toBeUndefined();
  });

  it("keeps what it knows and nothing else", () => {
    const owner = { pid: 1, host: "a", started: "2" };
    expect(parseLockOwner({ ...owner, nonce: "x" })).toEqual(owner);
  });
});
