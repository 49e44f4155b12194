import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { startExpiry } from "./expiry.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("startExpiry", () => {
  it("deletes the records of dead workers after ten minutes, and keeps those of live ones and images", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const storage = new MemoryStorage();
    for (const key of ["workers/dead.json", "images/a.png", "results/a.png", "idempotency/a"]) {
      await storage.put(key, new Uint8Array(1));
    }
    vi.setSystemTime(Date.now() + 601_000);
    await storage.put("workers/live.json", new Uint8Array(1));
    const onError = vi.fn();
    const stop = startExpiry(storage, onError);
    await vi.waitFor(async () => expect(await storage.get("workers/dead.json")).toBeUndefined());
    stop();
    for (const key of ["workers/live.json", "images/a.png", "results/a.png", "idempotency/a"]) {
      expect(await storage.get(key)).toBeDefined();
    }
    expect(onError).not.toHaveBeenCalled();
  });
});
