import { readFileSync } from "node:fs";

/** The most memory that this process has had in use, in bytes. */
export function readPeakMemory(): number {
  // As Linux counts it for this program alone. Elsewhere, and in getrusage, the parent's may be counted in.
  return readStatus("VmHWM") ?? process.resourceUsage().maxRSS * 1024;
}

/** The memory that this process has in use, in bytes. */
export function readMemory(): number {
  return process.memoryUsage.rss();
}

function readStatus(name: string): number | undefined {
  try {
    const line = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8"));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}
