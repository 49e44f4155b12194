import { openQueue } from "@onestep/server/node";
import { runEngineWorkers } from "./engine-workers.ts";

/** What a process of workers tells its parent. */
export type EngineMessage =
  | { readonly event: "ready" }
  | { readonly event: "done"; readonly count: number }
  | { readonly event: "ended"; readonly cpuSeconds: number };

const [url = "", model = "", workers = "1", milliseconds = "0"] = process.argv.slice(2);
const queue = await openQueue(url);
const stop = new AbortController();
let done = 0;
let cpu = process.cpuUsage();
const send = (message: EngineMessage): void => void process.send?.(message);
const report = setInterval(() => {
  if (done > 0) send({ event: "done", count: done });
  done = 0;
}, 20);

process.on("message", (message) => {
  if (message === "stop") return stop.abort();
  cpu = process.cpuUsage();
  void runEngineWorkers({
    ...{ queue, model, signal: stop.signal, workers: Number(workers), milliseconds: Number(milliseconds) },
    onDone: () => {
      done += 1;
    },
  }).then(async () => {
    clearInterval(report);
    const { user, system } = process.cpuUsage(cpu);
    send({ event: "ended", cpuSeconds: (user + system) / 1e6 });
    await queue.close();
    process.disconnect();
  });
});
// Connections and tables are there before the measurement.
await queue.load(model);
send({ event: "ready" });
