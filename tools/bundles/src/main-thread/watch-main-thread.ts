import type { Browser, Page } from "playwright";

/** How a page's main thread was kept busy. */
export interface MainThreadReport {
  /** Milliseconds of each task that the browser calls long (Long Tasks API): more than 50 by the clock. */
  readonly longTasks: readonly number[];
  /** Milliseconds that the thread itself worked in its longest task, without waiting for the processor. */
  readonly longestWork: number;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Watches the main thread of a page while something is done in it. */
export async function watchMainThread(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<MainThreadReport> {
  await page.evaluate(() => {
    const durations: number[] = [];
    Object.assign(globalThis, { longTasks: durations });
    const note = (list: PerformanceObserverEntryList): void => {
      durations.push(...list.getEntries().map(({ duration }) => duration));
    };
    new PerformanceObserver(note).observe({ type: "longtask" });
  });
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  await work();
  const trace: { readonly traceEvents: readonly TraceEvent[] } = JSON.parse(
    (await browser.stopTracing()).toString("utf8"),
  );
  const mainThreads = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = trace.traceEvents.filter(
    ({ name, pid, tid }) => /RunTask/.test(name) && mainThreads.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error("the trace has no tasks of the page's main thread");
  return {
    longTasks: await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks),
    longestWork: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000,
  };
}
