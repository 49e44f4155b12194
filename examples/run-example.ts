import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A running example program. */
export interface RunningExample {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with all of stdout if the program succeeds; rejects with stderr if it fails. */
  readonly ended: Promise<string>;
}

/** Starts an example program in its own process. */
export function startExample(name: string, words: readonly string[], folder: string): RunningExample {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [program, ...words], { cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${name} ended with ${code}\n${stdout}${stderr}`));
    });
  });
  return { child, ended };
}
