import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryQueue } from "../queue/memory-queue.ts";
import { Activity } from "./activity.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("Activity", () => {
  it("counts the requests and images of the last minute", async () => {
    const activity = new Activity({ version: "1", queue: new MemoryQueue(), cards: async () => [] });
    const request = { requestId: "r", method: "POST", status: 200, seconds: 1, owner: "me" };
    for (let second = 0; second < 90; second += 1) {
      activity.onRequest({ ...request, route: "/v1/images/generations" });
      activity.onRequest({ ...request, route: "/metrics" });
      activity.onImages(4);
      vi.advanceTimersByTime(1000);
    }
    const { rates } = await activity.read();
    expect(rates.requests_per_minute).toBe(59);
    expect(rates.images_per_minute).toBe(4 * 59);
    vi.advanceTimersByTime(60_000);
    expect((await activity.read()).rates).toEqual({ requests_per_minute: 0, images_per_minute: 0 });
  });
});
