import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { OneTimeWarning } from "../one-time-warning.ts";

const tooMany: OneTimeWarning = new OneTimeWarning();

/**
 * The requested number of threads, capped at the number of processors. More only wait for each other, and hundreds
 * stall the machine.
 *
 * @param warning Reports that the number was capped.
 */
export function limitThreads(
  requested: number | undefined,
  processors: number = availableParallelism(),
  warning: OneTimeWarning = tooMany,
): number | undefined {
  if (requested === undefined || requested <= processors) return requested;
  warning.give(
    `The model runs on ${processors} threads instead of ${requested}: this process may use ${processors} processors, ` +
      "and more threads than that only wait for each other.",
  );
  return processors;
}

/** Reads a text file; undefined if it is missing. */
export type ReadText = (path: string) => string | undefined;

/**
 * The number of physical cores that this process may use, at least 1; 0 if unknown, in which case onnxruntime should
 * choose.
 *
 * On Linux it honours the CPU affinity of the process and the CPU quota of its container, both of which onnxruntime's
 * own default ignores. Two hardware threads of one core count as one: they share the units used by convolutions and
 * matrix products.
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

/** Parses a list of numbers in the kernel's format: `0-3,8`. */
function parseCpuList(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * The CPU quota of the process, in CPUs; infinite if there is no limit. A control group is bound by its own quota and
 * those of all its ancestors.
 */
function readCpuQuota(readText: ReadText): number {
  const groups = (readText("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const path = groups.find(([id]) => id === "0")?.[2] ?? "";
  const [, controllers = "cpu", cpuPath = ""] =
    groups.find(([, names]) => names?.split(",").includes("cpu")) ?? [];
  return Math.min(
    ...foldersUp(path).map((folder) => cpus(readText(`/sys/fs/cgroup${folder}/cpu.max`)?.split(/\s+/) ?? [])),
    ...["cpu", controllers].flatMap((mount) =>
      foldersUp(cpuPath).map((folder) =>
        cpus(
          ["quota", "period"].map((name) => readText(`/sys/fs/cgroup/${mount}${folder}/cpu.cfs_${name}_us`)),
        ),
      ),
    ),
  );
}

/** A folder and its ancestors, up to the root `""`: `/a/b`, `/a`, `""`. */
function foldersUp(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return Array.from({ length: names.length + 1 }, (_, count) =>
    names
      .slice(0, names.length - count)
      .map((name) => `/${name}`)
      .join(""),
  );
}

function cpus([quota, period]: readonly (string | undefined)[]): number {
  const count = Number(quota) / Number(period);
  return count > 0 ? count : Number.POSITIVE_INFINITY;
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
