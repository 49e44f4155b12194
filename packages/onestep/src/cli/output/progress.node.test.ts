import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileTransfers, ProgressBar, ProgressLines, timeLeft } from "./progress.ts";

function recordLines() {
  const written: string[] = [];
  return { written, lines: new ProgressLines({ write: (text) => written.push(text) }) };
}

describe("ProgressLines", () => {
  it("writes a line where something starts or ends, and at each tenth of a file", () => {
    const { written, lines } = recordLines();
    const file = "unet/w.safetensors";
    lines.show({ type: "file-start", file: "model_index.json", cached: true, totalBytes: 2 });
    lines.show({ type: "file-end", file: "model_index.json", cached: true, totalBytes: 2 });
    lines.show({ type: "component-start", component: "unet" });
    lines.show({ type: "file-start", file, cached: false, totalBytes: 2000 });
    for (const loadedBytes of [100, 450, 499, 500, 2000]) {
      lines.show({ type: "file-progress", file, loadedBytes, totalBytes: 2000 });
    }
    lines.show({ type: "file-end", file, cached: false, totalBytes: 2000 });
    lines.show({ type: "component-end", component: "unet" });
    lines.showTask("Generating");
    lines.show({ type: "step-end", step: 0, totalSteps: 2, timestep: 1095.5 });
    lines.clear();
    expect(written.join("")).toBe(`Loading unet
Fetching unet/w.safetensors (2.00 kB)
Fetching unet/w.safetensors: 20 % (450 B of 2.00 kB)
Fetched unet/w.safetensors
Generating
Step 1 of 2
`);
  });

  it("says nothing of parts where the length is not known", () => {
    const { written, lines } = recordLines();
    lines.show({ type: "file-start", file: "a", cached: false });
    lines.show({ type: "file-progress", file: "a", loadedBytes: 5 });
    expect(written).toEqual(["Fetching a\n"]);
  });
});

const erase = "\r\u001B[K";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

function recordBar(columns = 81) {
  const written: string[] = [];
  const bar = new ProgressBar({ columns, isTTY: true, write: (text) => written.push(text) });
  const take = (): string[] => written.splice(0);
  return { bar, take };
}

describe("ProgressBar", () => {
  it("draws a file in place, with speed and time left, and leaves a line when it is there", () => {
    const { bar, take } = recordBar();
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
    const { bar, take } = recordBar();
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
    const { bar, take } = recordBar();
    bar.show({ type: "file-start", file: "w", cached: false, totalBytes: 1000 });
    for (let loadedBytes = 0; loadedBytes < 1000; loadedBytes++) {
      vi.advanceTimersByTime(1);
      bar.show({ type: "file-progress", file: "w", loadedBytes, totalBytes: 1000 });
    }
    expect(take().length).toBeLessThanOrEqual(11);
  });

  it("counts the seconds of what has no end in sight", () => {
    const { bar, take } = recordBar();
    bar.show({ type: "component-start", component: "unet" });
    vi.advanceTimersByTime(2000);
    expect(take()).toEqual([
      `${erase}Loading unet`,
      `${erase}Loading unet  1.0 s`,
      `${erase}Loading unet  2.0 s`,
    ]);
  });

  it("counts steps", () => {
    const { bar, take } = recordBar();
    bar.showTask("Generating");
    vi.advanceTimersByTime(1500);
    take();
    bar.show({ type: "step-end", step: 0, totalSteps: 2, timestep: 1095.5 });
    expect(take()).toEqual([
      `${erase}Generating  [###############...............]   50 %  step 1 of 2, 2 s left`,
    ]);
  });

  it("says nothing of files from the cache", () => {
    const { bar, take } = recordBar();
    bar.show({ type: "file-start", file: "a", cached: true });
    bar.show({ type: "file-end", file: "a", cached: true, totalBytes: 1 });
    expect(take()).toEqual([]);
  });

  it("prints lines above the bar, and clears it once", () => {
    const { bar, take } = recordBar();
    bar.showTask("Generating");
    bar.print("Seed \u001B[2J5");
    expect(take()).toEqual([`${erase}Generating`, erase, "Seed ?[2J5\n"]);
    bar.clear();
    bar.clear();
    expect(take()).toEqual([]);
  });

  it("stops its clock when it is cleared", () => {
    const { bar, take } = recordBar();
    bar.showTask("Generating");
    bar.clear();
    take();
    vi.advanceTimersByTime(5000);
    expect(take()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves the last column free", () => {
    const { bar, take } = recordBar(20);
    bar.showTask("a label that is longer than the terminal is wide");
    expect(take()[0]?.length).toBe(erase.length + 19);
  });
});

describe("FileTransfers", () => {
  it("follows one file", () => {
    const transfers = new FileTransfers();
    expect(transfers.state).toBeUndefined();
    transfers.update({ type: "file-start", file: "a", cached: false });
    expect(transfers.state).toEqual({ id: 1, subject: "a", loadedBytes: 0, totalBytes: undefined });
    transfers.update({ type: "file-progress", file: "a", loadedBytes: 3, totalBytes: 10 });
    expect(transfers.state).toEqual({ id: 1, subject: "a", loadedBytes: 3, totalBytes: 10 });
    transfers.update({ type: "file-end", file: "a", cached: false, totalBytes: 10 });
    expect(transfers.state).toBeUndefined();
    transfers.update({ type: "file-start", file: "b", cached: false, totalBytes: 5 });
    expect(transfers.state).toEqual({ id: 2, subject: "b", loadedBytes: 0, totalBytes: 5 });
  });

  it("adds up several, those that have ended too", () => {
    const transfers = new FileTransfers();
    transfers.update({ type: "file-start", file: "a", cached: false, totalBytes: 10 });
    transfers.update({ type: "file-start", file: "b", cached: false, totalBytes: 20 });
    transfers.update({ type: "file-start", file: "c", cached: false, totalBytes: 30 });
    transfers.update({ type: "file-progress", file: "b", loadedBytes: 5, totalBytes: 20 });
    expect(transfers.state).toEqual({ id: 1, subject: "3 files", loadedBytes: 5, totalBytes: 60 });
    transfers.update({ type: "file-end", file: "a", cached: false, totalBytes: 10 });
    transfers.update({ type: "file-end", file: "b", cached: false, totalBytes: 20 });
    expect(transfers.state).toEqual({ id: 1, subject: "c", loadedBytes: 30, totalBytes: 60 });
    transfers.update({ type: "file-end", file: "c", cached: false, totalBytes: 30 });
    expect(transfers.state).toBeUndefined();
  });

  it("knows no sum while the length of one is not known", () => {
    const transfers = new FileTransfers();
    transfers.update({ type: "file-start", file: "a", cached: false, totalBytes: 10 });
    transfers.update({ type: "file-start", file: "b", cached: false });
    expect(transfers.state?.totalBytes).toBeUndefined();
    transfers.update({ type: "file-progress", file: "b", loadedBytes: 0, totalBytes: 4 });
    expect(transfers.state?.totalBytes).toBe(14);
  });

  it("leaves out what comes from the cache", () => {
    const transfers = new FileTransfers();
    transfers.update({ type: "file-start", file: "a", cached: true, totalBytes: 10 });
    transfers.update({ type: "file-end", file: "a", cached: true, totalBytes: 10 });
    expect(transfers.state).toBeUndefined();
  });
});

describe("timeLeft", () => {
  it("counts down from what the speed so far promises", () => {
    const advance = { fraction: 0.25, after: 4000 };
    expect(timeLeft(advance, 4000)).toBe("12 s left");
    expect(timeLeft(advance, 6500)).toBe("10 s left");
    expect(timeLeft(advance, 60_000)).toBe("1 s left");
    expect(timeLeft({ fraction: 0.01, after: 3000 }, 3000)).toBe("4 min 57 s left");
  });

  it.each([
    [0, 5000],
    [1, 5000],
    [0.5, 900],
    [Number.NaN, 5000],
  ])("says nothing at %d after %d ms", (fraction, after) => {
    expect(timeLeft({ fraction, after }, after)).toBeUndefined();
  });
});
