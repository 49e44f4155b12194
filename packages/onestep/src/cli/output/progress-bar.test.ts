import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressBar } from "./progress-bar.ts";

const erase = "\r\u001B[K";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

function record(columns = 81) {
  const written: string[] = [];
  const bar = new ProgressBar({ columns, isTTY: true, write: (text) => written.push(text) });
  const take = (): string[] => written.splice(0);
  return { bar, take };
}

describe("ProgressBar", () => {
  it("draws a file in place, with speed and time left, and leaves a line when it is there", () => {
    const { bar, take } = record();
    const file = "w.safetensors";
    bar.show({ type: "file-start", file, cached: false, totalBytes: 4_000_000 });
    expect(take()).toEqual([`${erase}Fetching w.safetensors  [${".".repeat(30)}]    0 %  0 B of 4.00 MB`]);
    vi.advanceTimersByTime(2000);
    take();
    bar.show({ type: "file-progress", file, loadedBytes: 1_000_000, totalBytes: 4_000_000 });
    vi.advanceTimersByTime(1000);
    expect(take().at(-1)).toBe(
      `${erase}Fetching w.safetensors   25 %  1.00 MB of 4.00 MB, 500 kB/s, 5 s left`,
    );
    bar.show({ type: "file-end", file, cached: false, totalBytes: 4_000_000 });
    expect(take()).toEqual([erase, "Fetched w.safetensors (4.00 MB)\n"]);
  });

  it("draws several files as one, and goes on when one is there", () => {
    const { bar, take } = record();
    bar.show({ type: "file-start", file: "a", cached: false, totalBytes: 1_000_000 });
    bar.show({ type: "file-start", file: "b", cached: false, totalBytes: 3_000_000 });
    vi.advanceTimersByTime(2000);
    take();
    bar.show({ type: "file-progress", file: "b", loadedBytes: 1_000_000, totalBytes: 3_000_000 });
    vi.advanceTimersByTime(1000);
    expect(take()).toEqual([
      `${erase}Fetching 2 files  [###..........]   25 %  1.00 MB of 4.00 MB, 500 kB/s, 5 s left`,
    ]);
    bar.show({ type: "file-end", file: "a", cached: false, totalBytes: 1_000_000 });
    expect(take()).toEqual([
      erase,
      "Fetched a (1.00 MB)\n",
      `${erase}Fetching b  [#########..........]   50 %  2.00 MB of 4.00 MB, 667 kB/s, 3 s left`,
    ]);
    bar.show({ type: "file-end", file: "b", cached: false, totalBytes: 3_000_000 });
    expect(take()).toEqual([erase, "Fetched b (3.00 MB)\n"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("draws at most ten times a second", () => {
    const { bar, take } = record();
    bar.show({ type: "file-start", file: "w", cached: false, totalBytes: 1000 });
    for (let loadedBytes = 0; loadedBytes < 1000; loadedBytes++) {
      vi.advanceTimersByTime(1);
      bar.show({ type: "file-progress", file: "w", loadedBytes, totalBytes: 1000 });
    }
    expect(take().length).toBeLessThanOrEqual(11);
  });

  it("counts the seconds of what has no end in sight", () => {
    const { bar, take } = record();
    bar.show({ type: "component-start", component: "unet" });
    vi.advanceTimersByTime(2000);
    expect(take()).toEqual([
      `${erase}Loading unet`,
      `${erase}Loading unet  1.0 s`,
      `${erase}Loading unet  2.0 s`,
    ]);
  });

  it("counts steps", () => {
    const { bar, take } = record();
    bar.showTask("Generating");
    vi.advanceTimersByTime(1500);
    take();
    bar.show({ type: "step-end", step: 0, totalSteps: 2, timestep: 1095.5 });
    expect(take()).toEqual([
      `${erase}Generating  [###############...............]   50 %  step 1 of 2, 2 s left`,
    ]);
  });

  it("says nothing of files from the cache", () => {
    const { bar, take } = record();
    bar.show({ type: "file-start", file: "a", cached: true });
    bar.show({ type: "file-end", file: "a", cached: true, totalBytes: 1 });
    expect(take()).toEqual([]);
  });

  it("prints lines above the bar, and clears it once", () => {
    const { bar, take } = record();
    bar.showTask("Generating");
    bar.print("Seed \u001B[2J5");
    expect(take()).toEqual([`${erase}Generating`, erase, "Seed ?[2J5\n"]);
    bar.clear();
    bar.clear();
    expect(take()).toEqual([]);
  });

  it("stops its clock when it is cleared", () => {
    const { bar, take } = record();
    bar.showTask("Generating");
    bar.clear();
    take();
    vi.advanceTimersByTime(5000);
    expect(take()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves the last column free", () => {
    const { bar, take } = record(20);
    bar.showTask("a label that is longer than the terminal is wide");
    expect(take()[0]?.length).toBe(erase.length + 19);
  });
});
