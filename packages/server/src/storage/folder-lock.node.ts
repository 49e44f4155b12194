import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, readlink, rename, stat, unlink, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { errorCode, isRecord } from "@onestep/core/internal";
import { StorageInUseError } from "../errors.ts";
import { attempt, ignoreMissing, writeNewFile } from "./folder-files.node.ts";

/** A lock of a folder, held until it is released or the process ends. */
export interface FolderLock {
  /** Aborted if the lock is lost: its file was deleted, or the process was suspended and taken for dead. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** Options of {@link lockFolder}. For tests. */
export interface FolderLockOptions {
  /** How often the holder shows that it lives, in milliseconds; 2000 by default. */
  readonly beat?: number | undefined;
  /** The machine of this process. */
  readonly host?: string | undefined;
}

/** What the file of a lock says. */
interface Owner {
  readonly pid: number;
  /** The machine, its boot and the namespace of process ids. */
  readonly host: string;
  /** When the process started, in ticks since boot; empty where this is not known. */
  readonly started: string;
  readonly state: "claiming" | "held";
}

const lockFolderName = ".lock";
const maxClaims = 50;

/**
 * Locks a folder for this process.
 *
 * Each process has a file of its own, and gives way when it sees that of another process that is alive: at most one
 * holds the lock, and no file is ever taken from a live process. A process of this machine is looked up by its id and
 * start. One of another machine or container is alive if its file is touched within five beats.
 *
 * @throws StorageInUseError if another process holds the lock.
 * @throws StorageError if the folder cannot be written.
 */
export async function lockFolder(
  folder: string,
  { beat = 2000, host }: FolderLockOptions = {},
): Promise<FolderLock> {
  const root = join(resolve(folder), lockFolderName);
  return await attempt("write", root, async () => {
    await mkdir(root, { recursive: true });
    const found = await describeProcess(process.pid);
    const own = host === undefined ? found : { ...found, host };
    for (let claims = 1; ; claims++) {
      const claim = await Claim.make(root, own, beat);
      const other = await claim.findOther(beat).catch(async (error: unknown) => {
        await claim.remove();
        throw error;
      });
      if (other === undefined) return await claim.hold();
      await claim.remove();
      if (other.state === "held" || claims === maxClaims) throw inUse(resolve(folder), other, own);
      // Both gave way. Whoever waits less gets it.
      await sleep(20 + Math.random() * 200);
    }
  });
}

class Claim {
  readonly #root: string;
  readonly #name: string;
  readonly #own: Omit<Owner, "state">;
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  private constructor(root: string, name: string, own: Omit<Owner, "state">) {
    this.#root = root;
    this.#name = name;
    this.#own = own;
  }

  static async make(root: string, own: Omit<Owner, "state">, beat: number): Promise<Claim> {
    const claim = new Claim(root, `${own.pid}-${randomUUID()}.json`, own);
    await claim.#write("claiming");
    claim.#timer = setInterval(() => void claim.#touch(), beat);
    claim.#timer.unref();
    return claim;
  }

  /** A live process that claims or holds the lock, too. Files of dead ones are deleted. */
  async findOther(beat: number): Promise<Owner | undefined> {
    const names = await readdir(this.#root);
    for (const name of names.filter((other) => other.endsWith(".json") && other !== this.#name)) {
      const path = join(this.#root, name);
      const text = await readFile(path, "utf8").catch(ignoreMissing);
      if (text === undefined) continue;
      const owner = parseOwner(text);
      if (owner !== undefined && (await this.#isAlive(owner, path, beat))) return owner;
      await unlink(path).catch(ignoreMissing);
    }
    return undefined;
  }

  async hold(): Promise<FolderLock> {
    await this.#write("held");
    return { signal: this.#lost.signal, release: () => this.remove() };
  }

  async remove(): Promise<void> {
    clearInterval(this.#timer);
    await unlink(join(this.#root, this.#name)).catch(ignoreMissing);
  }

  /** Shows other machines that this process lives. */
  async #touch(): Promise<void> {
    const now = new Date();
    await utimes(join(this.#root, this.#name), now, now).catch((error: unknown) => {
      if (errorCode(error) === "ENOENT") this.#lost.abort(error);
    });
  }

  async #write(state: Owner["state"]): Promise<void> {
    const path = join(this.#root, this.#name);
    const aside = `${path}.new`;
    await unlink(aside).catch(ignoreMissing);
    await writeNewFile(aside, new TextEncoder().encode(JSON.stringify({ ...this.#own, state })));
    await rename(aside, path);
  }

  async #isAlive(owner: Owner, path: string, beat: number): Promise<boolean> {
    if (owner.host === this.#own.host) return await isSameProcess(owner);
    const before = await readBeat(path);
    for (let waited = 0; waited < 5; waited++) {
      await sleep(beat);
      const after = await readBeat(path);
      if (after === undefined) return false;
      if (after !== before) return true;
    }
    return false;
  }
}

async function readBeat(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoreMissing))?.mtimeMs;
}

/** Whether a process of this machine runs, and is not another one that got its id. */
async function isSameProcess({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false;
  }
  const found = await readProcess(pid);
  return found === undefined || (found.isAlive && (started === "" || found.started === started));
}

/** What Linux knows of a process (`proc(5)`, `stat`): its state, and its start in ticks since boot. */
async function readProcess(pid: number): Promise<{ isAlive: boolean; started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  return started === undefined ? undefined : { isAlive: state !== "Z" && state !== "X", started };
}

async function describeProcess(pid: number): Promise<Omit<Owner, "state">> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const space = await readlink("/proc/self/ns/pid").catch(() => "");
  const host = [hostname(), boot.trim(), space].filter((part) => part !== "").join(" ");
  return { pid, host, started: (await readProcess(pid))?.started ?? "" };
}

function parseOwner(text: string): Owner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { pid, host, started, state } = value as Readonly<Record<keyof Owner, unknown>>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof host !== "string" || typeof started !== "string") return undefined;
  return { pid, host, started, state: state === "held" ? "held" : "claiming" };
}

function inUse(folder: string, owner: Owner, own: Omit<Owner, "state">): StorageInUseError {
  const where = owner.host === own.host ? "" : ` on ${owner.host.split(" ")[0]}`;
  return new StorageInUseError({
    subject: folder,
    found: `process ${owner.pid}${where} using it`,
    expected: "a folder that no other process uses",
    remedy: "Stop that process, or use another folder.",
    summary: `${folder} is in use by process ${owner.pid}${where}.`,
  });
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
