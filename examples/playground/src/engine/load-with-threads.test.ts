import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Load, loadWithThreads } from "./load-with-threads.ts";

const weights = { type: "file-end", file: "w", totalBytes: 20_000_000, cached: false } as const;

/** Loads with one thread, and never with more. */
const stuck: Load<string> = ({ threads, signal, onProgress }) => {
  onProgress(weights);
  if (threads === 1) return Promise.resolve("loaded");
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
};

describe("loadWithThreads", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const options = () => ({ threads: 2, signal: new AbortController().signal, onProgress: () => {} });

  it("loads once where that works", async () => {
    expect(await loadWithThreads(async ({ threads }) => threads, options())).toEqual({
      loaded: 2,
      threads: 2,
    });
  });

  it("takes one thread where several do not come up, after a time that depends on the size", async () => {
    const loading = loadWithThreads(stuck, options());
    let isDone = false;
    loading.then(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(10_900);
    expect(isDone).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(await loading).toEqual({ loaded: "loaded", threads: 1 });
  });

  it("does not try again what failed or was cancelled", async () => {
    const failing = vi.fn(() => Promise.reject(new Error("no such model")));
    await expect(loadWithThreads(failing, options())).rejects.toThrow("no such model");
    expect(failing).toHaveBeenCalledOnce();
    const controller = new AbortController();
    const cancelled = loadWithThreads(stuck, { ...options(), signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(cancelled).rejects.toThrow("enough");
  });
});
