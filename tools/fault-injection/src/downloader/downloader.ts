import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type DownloadRequest,
  type DownloadResult,
  terminateThread,
  type UploadRequest,
} from "./download-request.ts";

/** How a download ended: with a result, or with the process or the thread that made it. */
export type DownloadOutcome =
  | { readonly type: "done"; readonly result: DownloadResult }
  | { readonly type: "killed" }
  | { readonly type: "crash"; readonly reason: string }
  | { readonly type: "hang" };

/** How the process of a downloader is started. */
export interface DownloaderOptions {
  /** Milliseconds until a download counts as one that hangs. */
  readonly patience: number;
  /** The largest file that the process may write, in blocks of 512 bytes; no limit by default. Needs `sh`. */
  readonly fileBlocks?: number | undefined;
  /** What the process runs. */
  readonly script?: string | undefined;
}

const ownScript = fileURLToPath(new URL("../../dist/downloader/downloader-process.js", import.meta.url));

/** Downloads in a process of its own, one repository at a time; a process that has ended is replaced. */
export class Downloader {
  readonly #options: DownloaderOptions;
  #child: ChildProcess | undefined;
  #onKill: (() => void) | undefined;

  constructor(options: DownloaderOptions) {
    this.#options = options;
  }

  /** Downloads or uploads, and says how it ended. */
  async run(request: DownloadRequest | UploadRequest): Promise<DownloadOutcome> {
    // Somebody else may have ended it.
    if (this.#child?.connected !== true) this.#child = this.#start();
    const child = this.#child;
    const outcome = await new Promise<DownloadOutcome>((resolve) => {
      const timer = setTimeout(() => resolve({ type: "hang" }), this.#options.patience);
      const settle = (value: DownloadOutcome): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(value);
      };
      this.#onKill = () => settle({ type: "killed" });
      child.on("message", (answer) =>
        settle(
          answer === terminateThread
            ? { type: "killed" }
            : { type: "done", result: answer as DownloadResult },
        ),
      );
      child.on("error", (error) => settle({ type: "crash", reason: error.message }));
      child.on("exit", (code, signal) =>
        settle({ type: "crash", reason: `it ended with ${signal ?? code}` }),
      );
      child.send(request, (error) => {
        if (error !== null) settle({ type: "crash", reason: error.message });
      });
    });
    this.#onKill = undefined;
    if (outcome.type === "crash" || outcome.type === "hang") await this.end();
    return outcome;
  }

  /** Kills the process in the middle of what it does. Resolves when it is gone. */
  async kill(): Promise<void> {
    const onKill = this.#onKill;
    await this.end();
    onKill?.();
  }

  /** Terminates the thread that downloads; its process lives. */
  async terminateThread(): Promise<void> {
    this.#child?.send(terminateThread);
  }

  /** Ends the process. Resolves when it is gone. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.removeAllListeners();
    if (child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  }

  #start(): ChildProcess {
    const { fileBlocks, script = ownScript } = this.#options;
    const command = [process.execPath, script];
    const [program = "", ...args] =
      fileBlocks === undefined
        ? command
        : ["sh", "-c", 'ulimit -f "$0" && exec "$@"', `${fileBlocks}`, ...command];
    return spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }
}
