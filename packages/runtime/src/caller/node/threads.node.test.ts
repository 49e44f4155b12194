import { availableParallelism } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { OneTimeWarning } from "../one-time-warning.ts";
import { limitThreads, physicalCoreCount } from "./threads.ts";

it("takes as many threads as there are processors at most, and says so once", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const warning = new OneTimeWarning();
  expect([undefined, 1, 4].map((threads) => limitThreads(threads, 4, warning))).toEqual([undefined, 1, 4]);
  expect(warn).not.toHaveBeenCalled();
  expect([5, 128, 1000].map((threads) => limitThreads(threads, 4, warning))).toEqual([4, 4, 4]);
  expect(warn).toHaveBeenCalledOnce();
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("on 4 threads instead of 5"));
});

it("counts the processors of this process", () => {
  const warning = new OneTimeWarning();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  expect(limitThreads(1_000_000, undefined, warning)).toBe(availableParallelism());
});

/** Reads from a made-up /proc and /sys: CPUs that are allowed, siblings of each, other files. */
function countCores(
  allowed: string,
  siblings: (cpu: number) => string | undefined,
  files: Readonly<Record<string, string>> = {},
): number {
  return physicalCoreCount("linux", (path) => {
    if (path === "/proc/self/status")
      return `Name:\tnode\nCpus_allowed_list:\t${allowed}\nMems_allowed:\t1\n`;
    const cpu = /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/topology\/thread_siblings_list$/.exec(path)?.[1];
    return cpu === undefined ? files[path] : siblings(Number(cpu));
  });
}

const alone = (cpu: number): string => `${cpu}\n`;
/** Eight cores of two threads: 0 and 8, 1 and 9 … */
const paired = (cpu: number): string => `${cpu % 8},${(cpu % 8) + 8}\n`;

describe("physicalCoreCount", () => {
  it("counts cores that have one thread each", () => {
    expect(countCores("0-3", alone)).toBe(4);
    expect(countCores("0,2-3,8", alone)).toBe(4);
  });

  it("counts two threads of a core once", () => {
    expect(countCores("0-15", paired)).toBe(8);
  });

  it("counts only cores that the process may use", () => {
    expect(countCores("0-3,8-11", paired)).toBe(4);
    expect(countCores("5", paired)).toBe(1);
  });

  it("counts CPUs where their siblings are not told", () => {
    expect(countCores("0-2", () => undefined)).toBe(3);
  });

  it.each([
    ["150000 100000\n", 2],
    ["50000 100000\n", 1],
    ["max 100000\n", 4],
    ["800000 100000\n", 4],
    ["", 4],
  ])("honours the quota of a control group, version 2: %j", (quota, expected) => {
    expect(countCores("0-3", alone, { "/sys/fs/cgroup/cpu.max": quota })).toBe(expected);
  });

  it.each([
    ["200000", 2],
    ["-1", 4],
  ])("honours the quota of a control group, version 1: %j", (quota, expected) => {
    const files = {
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": `${quota}\n`,
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    };
    expect(countCores("0-3", alone, files)).toBe(expected);
  });

  it("is at least one where nothing can be read", () => {
    expect(physicalCoreCount("linux", () => undefined)).toBeGreaterThanOrEqual(1);
  });

  it("leaves the choice to onnxruntime on other systems", () => {
    expect(physicalCoreCount("darwin", () => "")).toBe(0);
    expect(physicalCoreCount("win32", () => "")).toBe(0);
  });

  it("counts the cores of this machine", () => {
    expect(physicalCoreCount()).toBeGreaterThanOrEqual(process.platform === "linux" ? 1 : 0);
  });

  const v2 = (group: string, folder: string, quota: string) => ({
    "/proc/self/cgroup": `0::${group}\n`,
    [`/sys/fs/cgroup${folder}/cpu.max`]: `${quota} 100000\n`,
  });
  const v1 = (line: string, folder: string, quota: string) => ({
    "/proc/self/cgroup": `5:memory:/x\n${line}\n`,
    [`/sys/fs/cgroup/${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
    [`/sys/fs/cgroup/${folder}/cpu.cfs_period_us`]: "100000\n",
  });
  it.each([
    ["a service", { ...v2("/system.slice/a.service", "/system.slice/a.service", "300000") }, 3],
    [
      "a slice that bounds a service without one",
      {
        ...v2("/system.slice/a.service", "/system.slice/a.service", "max"),
        ...v2("/system.slice/a.service", "/system.slice", "400000"),
      },
      4,
    ],
    [
      "the least of several",
      { ...v2("/a/b", "/a/b", "500000"), ...v2("/a/b", "/a", "200000"), ...v2("/a/b", "", "900000") },
      2,
    ],
    [
      "a pod of Kubernetes",
      { ...v2("/kubepods/burstable/pod1/c1", "/kubepods/burstable/pod1", "150000") },
      2,
    ],
    ["a path out of the namespace", { ...v2("/../../x", "", "500000") }, 5],
    ["version 1", v1("4:cpu,cpuacct:/x", "cpu/x", "300000"), 3],
    ["version 1, mounted by both names", v1("4:cpu,cpuacct:/x/y", "cpu,cpuacct/x", "300000"), 3],
    ["no limit in version 1", v1("4:cpu,cpuacct:/x", "cpu/x", "-1"), 8],
    ["the group of another controller", v1("4:cpuset:/x", "cpu/x", "100000"), 8],
  ])("honours the quota below the root of the groups: %s", (_name, files, expected) => {
    expect(countCores("0-7", alone, files)).toBe(expected);
  });
});
