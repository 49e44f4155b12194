import type { Machine } from "../describe-machine.ts";
import { formatBytes } from "./format-comparison.ts";

/** Writes what the figures were measured on, in two lines. */
export function formatMachine(machine: Machine, threads: number): string {
  const { processor, processors, memoryBytes, platform, node, onnxruntime, python } = machine;
  const rival = python && `Python ${python.python}, torch ${python.torch}, diffusers ${python.diffusers}`;
  return [
    `${processor}, ${processors} CPUs, ${formatBytes(memoryBytes)}, ${platform}; ${threads} threads`,
    [`Node ${node}, onnxruntime ${onnxruntime}`, rival ?? "no PyTorch"].join("; "),
  ].join("\n");
}
