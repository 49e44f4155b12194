import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A process of `onestep serve` or `onestep worker`. */
export interface ServiceProcess {
  /** What it says of itself: the address of a service. */
  readonly ready: string;
  readonly child: ChildProcess;
  /** Its resident memory now, in bytes. */
  memory(): Promise<number>;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, and waits. */
  kill(): Promise<void>;
}

/** The program of the command line. */
export const onestepProgram: string = join(
  dirname(createRequire(import.meta.url).resolve("onestep/package.json")),
  "bin",
  "onestep.js",
);

/**
 * Starts `onestep` with arguments, and waits until it is ready.
 *
 * @throws Error with what it wrote if it ends before.
 */
export async function startOnestep(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const state = await mkdtemp(join(tmpdir(), "onestep-load-"));
  const child = spawn(process.execPath, [onestepProgram, ...args, "--json"], {
    env: { ...process.env, XDG_STATE_HOME: state, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors = (errors + text.toString()).slice(-4000);
  });
  let text = "";
  const ready = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (part: Buffer) => {
      text += part.toString();
      const found = /"(?:url|id)": "([^"]+)"/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() =>
      reject(
        new Error(`onestep ${args[0]} ended with ${child.signalCode ?? child.exitCode}: ${errors}${text}`),
      ),
    );
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
    await rm(state, { recursive: true, force: true });
  };
  return {
    ...{ ready, child },
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    },
    stop: async () => await end("SIGTERM"),
    kill: async () => await end("SIGKILL"),
  };
}

/** Starts a service that refuses no request because others wait. */
export async function startPatientService(): Promise<ServiceProcess> {
  const limits = ["--max-queue-seconds", "3600", "--max-requests-per-key", "100000"];
  return await startOnestep(["serve", "--port", "0", ...limits]);
}
