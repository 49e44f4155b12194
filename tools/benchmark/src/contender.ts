import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PythonInstallation } from "./find-python.ts";
import type { ProcessCommand } from "./run-process.ts";
import type { Task } from "./task.ts";

/** An image to generate and save, in a process started for it. */
export interface ImageTask {
  readonly checkpoint: string;
  readonly threads: number;
  readonly seed: number;
  /** Whether the model has classes to choose from. */
  readonly classLabel: number | undefined;
  /** The path of the PNG. */
  readonly out: string;
}

/** A program that runs the tasks. */
export interface Contender {
  readonly name: string;
  measure(task: Task): ProcessCommand;
  makeImage(task: ImageTask): ProcessCommand;
}

/** Onestep, on the current Node; images are made by the command line. */
export const onestep: Contender = {
  name: "Onestep",
  measure: (task) => ({
    program: process.execPath,
    args: [fileURLToPath(new URL("./measure/child.js", import.meta.url)), JSON.stringify(task)],
  }),
  makeImage: ({ checkpoint, threads, seed, classLabel, out }) => ({
    program: process.execPath,
    args: [
      findCommandLine(),
      "generate",
      checkpoint,
      `--seed=${seed}`,
      `--threads=${threads}`,
      `--out=${out}`,
      ...(classLabel === undefined ? [] : [`--class-label=${classLabel}`]),
    ],
  }),
};

/** diffusers on PyTorch: eager, float32. */
export function createTorchContender(python: PythonInstallation): Contender {
  const script = fileURLToPath(new URL("../python/measure.py", import.meta.url));
  const command = (task: { readonly threads: number }): ProcessCommand => ({
    program: python.program,
    args: [script, JSON.stringify(task)],
    environment: { OMP_NUM_THREADS: String(task.threads), MKL_NUM_THREADS: String(task.threads) },
  });
  return {
    name: "PyTorch",
    measure: command,
    makeImage: (task) => command({ kind: "image", ...task } as ImageTask),
  };
}

function findCommandLine(): string {
  const manifest = createRequire(import.meta.url).resolve("onestep/package.json");
  return join(dirname(manifest), "dist", "cli", "main.js");
}
