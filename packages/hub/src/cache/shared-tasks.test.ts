import type { ProgressEvent } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { SharedTasks, type SharedWork } from "./shared-tasks.ts";

/** Work whose end is in the test's hands. */
function manualWork() {
  let resolve: (result: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  let shared: SharedWork | undefined;
  let starts = 0;
  const work = (given: SharedWork): Promise<string> => {
    shared = given;
    starts += 1;
    return promise;
  };
  return {
    work,
    resolve,
    reject,
    starts: () => starts,
    shared: () => {
      if (shared === undefined) throw new Error("not started");
      return shared;
    },
  };
}

const start: ProgressEvent = { type: "file-start", file: "x", cached: false };
const progress: ProgressEvent = { type: "file-progress", file: "x", loadedBytes: 1 };

describe("SharedTasks", () => {
  it("does the work once for all who ask meanwhile, and again for who asks later", async () => {
    const tasks = new SharedTasks<string>();
    const first = manualWork();
    const results = [tasks.join("key", [], first.work, {}), tasks.join("key", [], first.work, {})];
    first.resolve("done");
    expect(await Promise.all(results)).toEqual(["done", "done"]);
    expect(first.starts()).toBe(1);
    const second = manualWork();
    const later = tasks.join("key", [], second.work, {});
    second.resolve("again");
    expect(await later).toBe("again");
  });

  it("keeps keys apart", async () => {
    const tasks = new SharedTasks<string>();
    const work = async (): Promise<string> => "x";
    expect(await Promise.all([tasks.join("a", [], work, {}), tasks.join("b", [], work, {})])).toEqual([
      "x",
      "x",
    ]);
  });

  it("keeps callers of other rights apart, their failures too", async () => {
    const tasks = new SharedTasks<string>();
    const refused = manualWork();
    const allowed = manualWork();
    const other = caught(tasks.join("key", ["https://hub", "hf_other"], refused.work, {}));
    const mine = tasks.join("key", ["https://hub", "hf_may"], allowed.work, {});
    const mineToo = tasks.join("key", ["https://hub", "hf_may"], allowed.work, {});
    refused.reject(new Error("refused"));
    allowed.resolve("content");
    expect((await other).message).toBe("refused");
    expect(await Promise.all([mine, mineToo])).toEqual(["content", "content"]);
    expect(allowed.starts()).toBe(1);
  });

  it("tells all of a failure", async () => {
    const tasks = new SharedTasks<string>();
    const { work, reject } = manualWork();
    const errors = [caught(tasks.join("key", [], work, {})), caught(tasks.join("key", [], work, {}))];
    reject(new Error("broken"));
    expect((await Promise.all(errors)).map((error) => error.message)).toEqual(["broken", "broken"]);
  });

  it("tells each listener, and who joins late of the start", async () => {
    const tasks = new SharedTasks<string>();
    const { work, resolve, shared } = manualWork();
    const early: ProgressEvent[] = [];
    const late: ProgressEvent[] = [];
    const first = tasks.join("key", [], work, { onProgress: (event) => early.push(event) });
    shared().onProgress(start);
    const second = tasks.join("key", [], work, { onProgress: (event) => late.push(event) });
    shared().onProgress(progress);
    resolve("done");
    await Promise.all([first, second]);
    expect(early).toEqual([start, progress]);
    expect(late).toEqual([start, progress]);
  });

  it("lets one caller go, and works on for the other", async () => {
    const tasks = new SharedTasks<string>();
    const { work, resolve, shared } = manualWork();
    const controller = new AbortController();
    const leaving = caught(tasks.join("key", [], work, { signal: controller.signal }));
    const staying = tasks.join("key", [], work, {});
    controller.abort(new Error("enough"));
    expect((await leaving).message).toBe("enough");
    expect(shared().signal.aborted).toBe(false);
    resolve("done");
    expect(await staying).toBe("done");
  });

  it("aborts the work when the last caller goes, and lets them go when it has cleaned up", async () => {
    const tasks = new SharedTasks<string>();
    const { work, reject, shared } = manualWork();
    const controller = new AbortController();
    let gone = false;
    const leaving = caught(tasks.join("key", [], work, { signal: controller.signal })).finally(() => {
      gone = true;
    });
    controller.abort(new Error("enough"));
    expect(shared().signal.aborted).toBe(true);
    await new Promise((resolve) => setTimeout(resolve));
    expect(gone).toBe(false);
    const next = manualWork();
    const fresh = tasks.join("key", [], next.work, {});
    next.resolve("fresh");
    expect(await fresh).toBe("fresh");
    reject(new Error("aborted inside"));
    expect((await leaving).message).toBe("enough");
  });

  it("throws what a listener throws to its own caller alone", async () => {
    const tasks = new SharedTasks<string>();
    const { work, resolve, shared } = manualWork();
    const fail = (): never => {
      throw new Error("listener");
    };
    const failing = caught(tasks.join("key", [], work, { onProgress: fail }));
    const other = tasks.join("key", [], work, {});
    shared().onProgress(start);
    expect((await failing).message).toBe("listener");
    const late = caught(tasks.join("key", [], work, { onProgress: fail }));
    expect((await late).message).toBe("listener");
    resolve("done");
    expect(await other).toBe("done");
  });

  it("does not start for a caller who has stopped already", async () => {
    const tasks = new SharedTasks<string>();
    const { work, starts } = manualWork();
    const signal = AbortSignal.abort(new Error("enough"));
    expect((await caught(tasks.join("key", [], work, { signal }))).message).toBe("enough");
    expect(starts()).toBe(0);
  });
});
