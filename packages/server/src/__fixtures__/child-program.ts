import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A program in TypeScript that tests run in processes of their own, and kill. */
export class ChildProgram {
  readonly #folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bundles a program from source. */
  static async build(source: URL): Promise<ChildProgram> {
    const folder = await mkdtemp(join(tmpdir(), "onestep-program-"));
    await build({
      entryPoints: [fileURLToPath(source)],
      outfile: join(folder, "program.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["@onestep/source"],
      external: ["onnxruntime-node", "aws4fetch"],
      logLevel: "error",
    });
    return new ChildProgram(folder);
  }

  /** Starts a process, and waits for its first message unless told not to. */
  start(...args: readonly string[]): Child {
    const child = fork(join(this.#folder, "program.mjs"), args, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#children.add(child);
    return new Child(child);
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await rm(this.#folder, { recursive: true });
  }
}

/** A process that runs a {@link ChildProgram}. */
export class Child {
  readonly process: ChildProcess;
  readonly #messages: unknown[] = [];
  readonly #waiting: ((message: unknown) => void)[] = [];
  readonly exit: Promise<number | string | null>;

  constructor(child: ChildProcess) {
    this.process = child;
    this.exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
    child.on("message", (message) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#messages.push(message);
      else next(message);
    });
  }

  /** The next message; rejects if the process ends without one. */
  async message(): Promise<unknown> {
    if (this.#messages.length > 0) return this.#messages.shift();
    const message = new Promise((resolve) => this.#waiting.push(resolve));
    const end = this.exit.then((code) => {
      throw new Error(`The process ended (${code}) without a message.`);
    });
    return await Promise.race([message, end]);
  }

  /** Kills the process as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exit;
  }
}
