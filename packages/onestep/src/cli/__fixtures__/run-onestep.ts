import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";

/** The compiled command line. */
export const program: string = fileURLToPath(new URL("../../../bin/onestep.js", import.meta.url));

/** How a run ended and what it wrote. */
export interface RunResult {
  readonly exitCode: number | null;
  /** The signal that ended it, where one did. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** Its bytes, where it is an image. */
  readonly bytes: Buffer;
  readonly stderr: string;
}

/** Options of {@link runOnestep}. */
export interface RunOptions {
  /** The current folder. */
  readonly folder: string;
  /** Environment variables on top of those of the tests, without the Hub's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Sent, in order, each when the text before it has appeared on stderr. */
  readonly signals?: readonly (readonly [text: string, signal: NodeJS.Signals])[];
  /** Closes stdout at once, as `head -0` does. */
  readonly closeStdout?: boolean;
  /** What stdin gives; nothing by default. */
  readonly stdin?: Uint8Array;
  /** The file that stdout is, in place of a pipe. */
  readonly stdoutFile?: string;
}

/** Runs the compiled command line in a process of its own. */
export function runOnestep(words: readonly string[], options: RunOptions): Promise<RunResult> {
  const { folder, environment = {}, signals = [], closeStdout = false, stdin, stdoutFile } = options;
  const file = stdoutFile === undefined ? undefined : openSync(stdoutFile, "w");
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(HF_|HUGGING|TRANSFORMERS_|FORCE_COLOR|NO_COLOR)/.test(name),
  );
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), HF_HOME: `${folder}/hf`, ...environment },
    stdio: [stdin === undefined ? "ignore" : "pipe", file ?? "pipe", "pipe"],
  });
  const pending = [...signals];
  const parts: Buffer[] = [];
  let stderr = "";
  if (file !== undefined) closeSync(file);
  // A program that refuses its input does not read it.
  child.stdin?.on("error", () => undefined).end(stdin);
  if (closeStdout) child.stdout?.destroy();
  child.stdout?.on("data", (part) => parts.push(part));
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
    const [next] = pending;
    if (next === undefined || !stderr.includes(next[0])) return;
    pending.shift();
    child.kill(next[1]);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => {
      const bytes = Buffer.concat(parts);
      resolve({ exitCode, signal, stdout: bytes.toString("utf8"), bytes, stderr });
    });
  });
}

/** A new folder for each test, removed after it. Call at the top of a test file. @returns Its path. */
export function temporaryFolder(): () => string {
  let folder = "";
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-cli-")));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return () => folder;
}
