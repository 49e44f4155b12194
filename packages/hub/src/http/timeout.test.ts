import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { ConnectionError } from "../errors.ts";
import { RequestWatch } from "./timeout.ts";

const url = new URL("https://host.example/");
const never = new Promise<never>(() => {});
const patient = { seconds: 60, variable: "HF_HUB_DOWNLOAD_TIMEOUT" };
const impatient = { seconds: 0.01, variable: "HF_HUB_DOWNLOAD_TIMEOUT" };

describe("RequestWatch", () => {
  it("passes on results and errors", async () => {
    const watch = new RequestWatch(url, undefined);
    expect(await watch.wait(Promise.resolve(7), patient)).toBe(7);
    expect((await caught(watch.wait(Promise.reject(new Error("no")), patient))).message).toBe("no");
  });

  it("ends a step that never ends, by itself or when the caller says so", async () => {
    const watch = new RequestWatch(url, undefined);
    const silence = await caught(watch.wait(never, impatient));
    expect(ConnectionError.isInstance(silence)).toBe(true);
    expect(silence.message).toContain("no data for 0.01 s");
    expect(watch.signal.aborted).toBe(true);

    const controller = new AbortController();
    const stopped = new RequestWatch(url, controller.signal);
    const waiting = caught(stopped.wait(never, patient));
    controller.abort(new Error("enough"));
    expect((await waiting).message).toBe("enough");
    expect((await caught(stopped.wait(Promise.resolve(1), patient))).message).toBe("enough");
  });

  it("waits on while the server is not silent", async () => {
    const watch = new RequestWatch(url, undefined);
    const signs = setInterval(() => watch.noteActivity(), 5);
    const step = new Promise((resolve) => setTimeout(() => resolve("late"), 300));
    expect(await watch.wait(step, { ...impatient, seconds: 0.15 })).toBe("late");
    clearInterval(signs);
  });

  it("does not start for a caller who has stopped already", () => {
    expect(() => new RequestWatch(url, AbortSignal.abort(new Error("enough")))).toThrow("enough");
  });

  it("lets go of the caller's signal at the end", () => {
    const controller = new AbortController();
    const watch = new RequestWatch(url, controller.signal);
    watch.end();
    expect(watch.signal.aborted).toBe(true);
    controller.abort(new Error("late"));
    expect((watch.signal.reason as Error).message).not.toBe("late");
  });
});
