import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { ConnectionError, IntegrityError, ServerError } from "../errors.ts";
import { pause, resolveRetryPolicy, waitBeforeRetry, withRetries } from "./retry.ts";

describe("resolveRetryPolicy", () => {
  it("fills in what huggingface_hub takes", () => {
    const defaults = { maxRetries: 5, baseWaitTime: 1, maxWaitTime: 8 };
    expect(resolveRetryPolicy()).toEqual(defaults);
    expect(resolveRetryPolicy({ maxRetries: 0, baseWaitTime: undefined })).toEqual({
      ...defaults,
      maxRetries: 0,
    });
  });

  it.each([
    [{ maxRetries: -1 }, "option retry.maxRetries: found -1, expected a whole number from 0 to 1000"],
    [{ maxRetries: 1.5 }, "option retry.maxRetries: found 1.5"],
    [{ baseWaitTime: Number.NaN }, "option retry.baseWaitTime: found NaN, expected a number of seconds"],
    [
      { maxWaitTime: 4000 },
      "option retry.maxWaitTime: found 4000, expected a number of seconds from 0 to 3600",
    ],
  ])("refuses %j", async (options, message) => {
    const error = await caught(() => resolveRetryPolicy(options));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
  });
});

const problem = { subject: "host", found: "nothing", expected: "an answer", remedy: "Wait." };
const policy = { maxRetries: 5, baseWaitTime: 1, maxWaitTime: 8 };
const quick = { maxRetries: 5, baseWaitTime: 0.001, maxWaitTime: 0.001 };

function server(status: number, retryAfterSeconds?: number): ServerError {
  return new ServerError(problem, { status, retryAfterSeconds });
}

function connection(retry: ConnectionError["retry"]): ConnectionError {
  return new ConnectionError(problem, { retry });
}

describe("waitBeforeRetry", () => {
  it("doubles up to the limit, shortened by up to a half at random", () => {
    const random = vi.spyOn(Math, "random");
    for (const [drawn, factor] of [
      [0, 0.5],
      [0.5, 0.75],
    ] as const) {
      random.mockReturnValue(drawn);
      const waits = [0, 1, 2, 3, 4].map((failures) => waitBeforeRetry(server(503), failures, policy));
      expect(waits).toEqual([1, 2, 4, 8, 8].map((seconds) => seconds * factor));
    }
    expect(waitBeforeRetry(server(503), 5, policy)).toBeUndefined();
  });

  it.each([408, 429, 500, 502, 503, 504])("waits after HTTP %i", (status) => {
    expect(waitBeforeRetry(server(status), 0, policy)).toBeGreaterThanOrEqual(0.5);
  });

  it.each([
    ["HTTP 200 out of form", server(200)],
    ["HTTP 400", server(400)],
    ["HTTP 403", server(403)],
    ["HTTP 404", server(404)],
    ["a certificate", connection("never")],
    ["wrong bytes", new IntegrityError(problem)],
    ["something else", new Error("no")],
  ])("does not wait after %s", (_what, error) => {
    expect(waitBeforeRetry(error, 0, policy)).toBeUndefined();
  });

  it("waits for as long as the server asks, up to two minutes", () => {
    expect(waitBeforeRetry(server(429, 30), 0, policy)).toBe(30);
    expect(waitBeforeRetry(server(503, 120), 4, policy)).toBe(120);
    expect(waitBeforeRetry(server(429, 121), 0, policy)).toBeUndefined();
    expect(waitBeforeRetry(server(429, 0), 0, policy)).toBeGreaterThanOrEqual(0.5);
  });
});

describe("withRetries", () => {
  /** Fails so many times, then succeeds. */
  function failing(count: number, error: Error): () => Promise<string> {
    let left = count;
    return async () => {
      left -= 1;
      if (left >= 0) throw error;
      return "done";
    };
  }

  it("goes on until it succeeds", async () => {
    const work = vi.fn(failing(5, server(503)));
    expect(await withRetries(work, quick, undefined)).toBe("done");
    expect(work).toHaveBeenCalledTimes(6);
  });

  it.each([
    ["the last retry", connection("soon"), 6],
    ["two where there is no way to the server", connection("perhaps"), 3],
    ["the first where it is no use", server(404), 1],
  ])("gives up after %s", async (_what, error, times) => {
    const work = vi.fn(failing(100, error));
    expect(await caught(withRetries(work, quick, undefined))).toBe(error);
    expect(work).toHaveBeenCalledTimes(times);
  });

  it("stops waiting when the signal says so", async () => {
    const controller = new AbortController();
    const patient = { ...policy, baseWaitTime: 60, maxWaitTime: 60 };
    const working = caught(withRetries(failing(1, server(503)), patient, controller.signal));
    setTimeout(() => controller.abort(new Error("enough")), 10);
    expect((await working).message).toBe("enough");
  });
});

describe("pause", () => {
  it("ends by itself, and lets go of the signal", async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, "removeEventListener");
    await pause(0.001, signal);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it("does not begin where the signal is aborted", async () => {
    expect((await caught(pause(60, AbortSignal.abort(new Error("enough"))))).message).toBe("enough");
  });
});
