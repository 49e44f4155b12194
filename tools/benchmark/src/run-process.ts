import { spawn } from "node:child_process";

/** How to start a process. */
export interface ProcessCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a process that ended well left behind. */
export interface ProcessOutcome {
  readonly output: string;
  /** From before its start until after its end. */
  readonly milliseconds: number;
}

/** Runs a process to its end. @throws Error with its stderr if it fails or cannot be started. */
export function runProcess({ program, args, environment = {} }: ProcessCommand): Promise<ProcessOutcome> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      const milliseconds = performance.now() - start;
      if (exitCode === 0) return resolve({ output: Buffer.concat(output).toString(), milliseconds });
      const ending = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
      const stderr = Buffer.concat(errors).toString().trim();
      reject(new Error(`${program} ended with ${ending}.\n${stderr}`));
    });
  });
}
