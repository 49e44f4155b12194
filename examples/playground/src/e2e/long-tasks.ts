import type { Browser, Page } from "playwright";

/** From here on, a page is felt to hang, in milliseconds. */
const longest = 50;

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** What a page's main thread did, in milliseconds. */
export interface MainThreadReport {
  /** The durations of long tasks, as the browser's long-task API reports them. */
  readonly longTasks: readonly number[];
  /** How long each task had the processor. On a busy machine, a task waits for it, too. */
  readonly processorTimes: readonly number[];
}

/** Watches the main thread of a page, from before it is opened. */
export async function watchMainThread(
  browser: Browser,
  page: Page,
): Promise<() => Promise<MainThreadReport>> {
  await page.addInitScript((longestTask) => {
    const durations: number[] = [];
    Object.assign(window, { longTasks: durations });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) if (duration > longestTask) durations.push(duration);
    }).observe({ type: "longtask", buffered: true });
  }, longest);
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline"] });
  return async () => {
    const longTasks = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    return { longTasks, processorTimes: processorTimes(trace.traceEvents) };
  };
}

function processorTimes(events: readonly TraceEvent[]): readonly number[] {
  const keyOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;
  const mainThreads = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(keyOf),
  );
  return events
    .filter((event) => event.name === "RunTask" && mainThreads.has(keyOf(event)))
    .flatMap(({ dur, tdur = dur }) => (tdur === undefined ? [] : [tdur / 1000]));
}
