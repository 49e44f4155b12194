import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { systemErrorCode } from "../system-error.ts";

/** The process that holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** The machine, since when it runs, and the name space that its process numbers belong to. */
  readonly host: string;
  /** When the process began, as the system counts; empty where it does not say. A number may be given out again. */
  readonly started: string;
}

/** This process. */
export async function ownProcess(): Promise<LockOwner> {
  const started = (await readProcess(process.pid))?.started ?? "";
  return { pid: process.pid, host: await describeHost(), started };
}

/** Whether a process still runs; `undefined` where that cannot be told from here. */
export async function isRunning(owner: LockOwner): Promise<boolean | undefined> {
  if (owner.host !== (await describeHost())) return undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return false;
  }
  const found = await readProcess(owner.pid);
  return found === undefined || (found.isAlive && (owner.started === "" || found.started === owner.started));
}

/** Checks what was read from a file; `undefined` where it is out of form. */
export function parseLockOwner(value: unknown): LockOwner | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, host, started } = value as Readonly<Record<keyof LockOwner, unknown>>;
  if (!Number.isSafeInteger(pid) || typeof pid !== "number" || pid <= 0) return undefined;
  return typeof host === "string" && typeof started === "string" ? { pid, host, started } : undefined;
}

/** Containers may share a name and a disk, and still not see each other's processes. */
async function describeHost(): Promise<string> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const space = await readlink("/proc/self/ns/pid").catch(() => "");
  return [hostname(), boot.trim(), space].filter((part) => part !== "").join(" ");
}

/** What Linux tells of a process (`proc(5)`, `stat`): its state, and its start in ticks since the machine's. */
async function readProcess(pid: number): Promise<{ isAlive: boolean; started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  return started === undefined ? undefined : { isAlive: state !== "Z" && state !== "X", started };
}
