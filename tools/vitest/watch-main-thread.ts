import type { Browser, Page } from "playwright";

/** How busy a page's main thread was. */
export interface MainThreadReport {
  /** Milliseconds of each task that the browser calls long (Long Tasks API): more than 50 by the clock. */
  readonly longTasks: readonly number[];
  /** Milliseconds of CPU time of the thread in its longest task, without waiting for the processor. */
  readonly longestWork: number;
}

/**
 * The most milliseconds of work in one task, while other tests share the processor: it then takes up to twice the time of the
 * work by itself, which is to be 50 (Long Tasks API) and is measured as 25 to 40. What blocks a page takes hundreds.
 */
export const mostWorkInOneTask = 100;

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: {
    readonly name?: string;
    readonly data?: { readonly processId?: number; readonly url?: string };
  };
}

/**
 * Watches the main thread of a page that is not open yet, while it is opened and something is done in it.
 *
 * What the Long Tasks API calls long is long by the clock, and a thread that waits for its turn on a busy processor is
 * late by the clock too: a task keeps the page from answering where the thread itself worked that long.
 */
export async function watchMainThread(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<MainThreadReport> {
  await page.addInitScript(() => {
    const durations: number[] = [];
    Object.assign(globalThis, { longTasks: durations });
    const note = (list: PerformanceObserverEntryList): void => {
      durations.push(...list.getEntries().map(({ duration }) => duration));
    };
    new PerformanceObserver(note).observe({ type: "longtask", buffered: true });
  });
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  await work();
  const longTasks = await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  return { longTasks, longestWork: findLongestWork(trace.traceEvents, new URL(page.url()).origin) };
}

/** Other pages, such as one being closed, have their own processes, which also appear in the trace. */
function findLongestWork(events: readonly TraceEvent[], origin: string): number {
  const processes = new Set(
    events
      .filter(({ name, args }) => name === "FrameCommittedInBrowser" && args.data?.url?.startsWith(origin))
      .map(({ args }) => args.data?.processId),
  );
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;
  const mainThreads = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .filter(({ pid }) => processes.has(pid))
      .map(threadOf),
  );
  const tasks = events.filter((event) => /RunTask/.test(event.name) && mainThreads.has(threadOf(event)));
  if (tasks.length === 0) throw new Error("the trace has no tasks of the page's main thread");
  return Math.max(...tasks.map(({ dur = 0, tdur = dur }) => tdur)) / 1000;
}
