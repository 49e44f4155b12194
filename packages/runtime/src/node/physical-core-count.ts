import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Reads a text file, or says that it is not there. */
export type ReadText = (path: string) => string | undefined;

/**
 * The number of physical cores that this process may use, at least 1; 0 where that cannot be told and onnxruntime,
 * which has its own way to count them, had better choose.
 *
 * On Linux it honours the CPU affinity of the process and the CPU quota of its container, both of which
 * onnxruntime's own default ignores. Two hardware threads of one core count as one: they share the units that
 * convolutions and matrix products keep busy.
 */
export function physicalCoreCount(
  platform: NodeJS.Platform = process.platform,
  readText: ReadText = readTextFile,
): number {
  if (platform !== "linux") return 0;
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readText("/proc/self/status") ?? "")?.[1];
  const cpus = allowed === undefined ? [] : parseCpuList(allowed);
  const cores = new Set(
    cpus.map((cpu) => readText(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`) ?? cpu),
  );
  const count = cores.size > 0 ? cores.size : availableParallelism();
  return Math.max(1, Math.min(count, Math.ceil(readCpuQuota(readText))));
}

/** The numbers in a list as the kernel writes it: `0-3,8`. */
function parseCpuList(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** How many CPUs' worth of time the control group of the process may use; infinite where there is no limit. */
function readCpuQuota(readText: ReadText): number {
  const [quota, period] =
    readText("/sys/fs/cgroup/cpu.max")?.split(/\s+/) ??
    ["quota", "period"].map((name) => readText(`/sys/fs/cgroup/cpu/cpu.cfs_${name}_us`));
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Number.POSITIVE_INFINITY;
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
