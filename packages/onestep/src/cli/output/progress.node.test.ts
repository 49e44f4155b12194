import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressBar, ProgressLines, timeLeft } from "./progress.ts";

function recordLines() {
  const written: string[] = [];
  return { written, lines: new ProgressLines({ write: (text) => written.push(text) }) };
}

/** Fetches files one after the other, in pieces. */
function fetchAll(
  display: ProgressLines | ProgressBar,
  files: Readonly<Record<string, number>>,
  pieces = 100,
) {
  for (const [file, totalBytes] of Object.entries(files)) {
    display.show({ type: "file-start", file, cached: false, totalBytes });
    for (let piece = 1; piece <= pieces; piece++) {
      const loadedBytes = Math.floor((piece * totalBytes) / pieces);
      display.show({ type: "file-progress", file, loadedBytes, totalBytes });
    }
    display.show({ type: "file-end", file, cached: false, totalBytes });
  }
}

describe("ProgressLines", () => {
  it("writes a line where something starts or ends", () => {
    const { written, lines } = recordLines();
    const file = "unet/w.safetensors";
    lines.show({ type: "file-start", file: "model_index.json", cached: true, totalBytes: 2 });
    lines.show({ type: "file-end", file: "model_index.json", cached: true, totalBytes: 2 });
    lines.show({ type: "component-start", component: "unet" });
    lines.expect({ verb: "Fetching", files: new Map([[file, 2000]]) });
    fetchAll(lines, { [file]: 2000 });
    lines.show({ type: "component-end", component: "unet" });
    lines.showTask("Generating");
    lines.show({ type: "step-end", step: 0, totalSteps: 2, timestep: 1095.5 });
    lines.clear();
    expect(written.join("")).toBe(`Loading unet
Fetching unet/w.safetensors (2.00 kB)
Fetched unet/w.safetensors
Generating
Step 1 of 2
`);
  });

  it("writes a line for each of a few files", () => {
    const { written, lines } = recordLines();
    const files = { a: 1000, b: 3000 };
    lines.expect({ verb: "Uploading", files: new Map(Object.entries(files)) });
    fetchAll(lines, files);
    expect(written).toEqual(["Uploading 2 files (4.00 kB)\n", "Uploaded a\n", "Uploaded b\n"]);
  });

  it("writes a line for each tenth of many files", () => {
    const { written, lines } = recordLines();
    const files = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`file ${index}`, 4000]));
    lines.expect({ verb: "Fetching", files: new Map(Object.entries(files)) });
    fetchAll(lines, files);
    expect(written).toHaveLength(11);
    expect(written[0]).toBe("Fetching 250 files (1.00 MB)\n");
    expect(written[3]).toBe("Fetched 30 % (300 kB of 1.00 MB)\n");
    expect(written[10]).toBe("Fetched 100 % (1.00 MB of 1.00 MB)\n");
  });

  it("writes about ten lines for any number of steps, the first and the last among them", () => {
    const { written, lines } = recordLines();
    for (let step = 0; step < 1000; step++) {
      lines.show({ type: "step-end", step, totalSteps: 1000, timestep: 0 });
    }
    expect(written.length).toBeLessThanOrEqual(12);
    expect([written[0], written.at(-1)]).toEqual(["Step 1 of 1000\n", "Step 1000 of 1000\n"]);
    lines.showTask("Generating");
    for (let step = 0; step < 4; step++) lines.show({ type: "step-end", step, totalSteps: 4, timestep: 0 });
    expect(written.slice(-4)).toEqual([1, 2, 3, 4].map((step) => `Step ${step} of 4\n`));
  });

  it("is silent about small files that nothing announced", () => {
    const { written, lines } = recordLines();
    lines.show({ type: "file-start", file: "a", cached: false });
    lines.show({ type: "file-progress", file: "a", loadedBytes: 5 });
    fetchAll(lines, { "config.json": 900, "adapter.safetensors": 2_000_000 });
    expect(written).toEqual(["Fetching adapter.safetensors (2.00 MB)\n", "Fetched adapter.safetensors\n"]);
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
  const listeners = new Set<() => void>();
  const stream = {
    columns,
    isTTY: true,
    write: (text: string) => written.push(text),
    onResize(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const bar = new ProgressBar(stream);
  const take = (): string[] => written.splice(0);
  const resize = (width: number): void => {
    stream.columns = width;
    for (const listener of listeners) listener();
  };
  return { bar, take, resize, listeners };
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
    vi.advanceTimersByTime(100);
    bar.show({ type: "file-progress", file: "b", loadedBytes: 1_000_000, totalBytes: 3_000_000 });
    expect(take()).toEqual([
      `${erase}Fetching b  [#########..........]   50 %  2.00 MB of 4.00 MB, 645 kB/s, 4 s left`,
    ]);
    bar.show({ type: "file-end", file: "b", cached: false, totalBytes: 3_000_000 });
    expect(take()).toEqual([erase, "Fetched 2 files (4.00 MB)\n"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("has a total over all files of a model, across the time in which one is loaded", () => {
    const { bar, take } = recordBar();
    const file = "a.safetensors";
    bar.expect({
      verb: "Fetching",
      files: new Map([
        [file, 1_000_000],
        ["b.safetensors", 3_000_000],
      ]),
    });
    bar.show({ type: "file-start", file, cached: false, totalBytes: 1_000_000 });
    expect(take().at(-1)).toContain("Fetching 2 files  [");
    vi.advanceTimersByTime(2000);
    bar.show({ type: "file-end", file, cached: false, totalBytes: 1_000_000 });
    bar.show({ type: "component-start", component: "unet" });
    vi.advanceTimersByTime(60_000);
    take();
    bar.show({ type: "file-start", file: "b.safetensors", cached: false, totalBytes: 3_000_000 });
    expect(take().at(-1)).toBe(
      `${erase}Fetching b.safetensors   25 %  1.00 MB of 4.00 MB, 500 kB/s, 6 s left`,
    );
    bar.show({ type: "file-end", file: "b.safetensors", cached: false, totalBytes: 3_000_000 });
    expect(take().at(-1)).toBe("Fetched 2 files (4.00 MB)\n");
  });

  it("does not take the bytes of an earlier run for speed", () => {
    const { bar, take } = recordBar();
    bar.show({ type: "file-start", file: "w", cached: false, totalBytes: 4e9 });
    bar.show({ type: "file-progress", file: "w", loadedBytes: 2e9, totalBytes: 4e9 });
    vi.advanceTimersByTime(10_000);
    bar.show({ type: "file-progress", file: "w", loadedBytes: 2.1e9, totalBytes: 4e9 });
    vi.advanceTimersByTime(1000);
    expect(take().at(-1)).toContain("52 %  2.10 GB of 4.00 GB, 10.0 MB/s, 3 min 09 s left");
  });

  it("leaves no trace of a line that a narrower terminal has wrapped", () => {
    const { bar, take, resize, listeners } = recordBar(81);
    bar.showTask("x".repeat(70));
    take();
    resize(30);
    expect(take()).toEqual([`\r\u001B[2A\u001B[J${"...".padEnd(29, "x")}`]);
    resize(100);
    expect(take()).toEqual([`${erase}${"x".repeat(70)}`]);
    bar.clear();
    expect(listeners.size).toBe(0);
  });

  it.each([40, 80])("stays on one line of %d columns", (columns) => {
    const { bar, take } = recordBar(columns);
    const file = "text_encoder_2/a-very-long-name-of-weights.safetensors";
    bar.show({ type: "file-start", file, cached: false, totalBytes: 4_300_000_000 });
    vi.advanceTimersByTime(5000);
    bar.show({ type: "file-progress", file, loadedBytes: 1_080_000_000, totalBytes: 4_300_000_000 });
    for (const line of take()) {
      expect(line.replace(erase, "").length).toBeLessThan(columns);
      expect(line).toMatch(/ \d+ %/);
    }
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
