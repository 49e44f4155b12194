import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import type { PythonInstallation } from "./find-python.ts";

/** What figures have to be read with. */
export interface Machine {
  readonly processor: string;
  /** CPUs that the machine has, hardware threads counted. */
  readonly processors: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly python: Omit<PythonInstallation, "program"> | undefined;
}

/** Describes this machine, its Node and its Python. */
export function describeMachine(python: PythonInstallation | undefined): Machine {
  const manifest: { version: string } = createRequire(import.meta.url)("onnxruntime-node/package.json");
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    onnxruntime: manifest.version,
    python: python && { python: python.python, torch: python.torch, diffusers: python.diffusers },
  };
}
