import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import type { PythonInstallation } from "./find-python.ts";
import { formatBytes } from "./report/format-comparison.ts";

/** What is needed to interpret the figures. */
export interface Machine {
  readonly processor: string;
  /** The number of CPUs, including hardware threads. */
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

/** Describes where the figures were measured, in two lines. */
export function formatMachine(machine: Machine, threads: number): string {
  const { processor, processors, memoryBytes, platform, node, onnxruntime, python } = machine;
  const rival = python && `Python ${python.python}, torch ${python.torch}, diffusers ${python.diffusers}`;
  return [
    `${processor}, ${processors} CPUs, ${formatBytes(memoryBytes)}, ${platform}; ${threads} threads`,
    [`Node ${node}, onnxruntime ${onnxruntime}`, rival ?? "no PyTorch"].join("; "),
  ].join("\n");
}
