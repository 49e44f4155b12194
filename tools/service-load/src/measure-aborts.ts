import { setTimeout as sleep } from "node:timers/promises";
import { startPatientService } from "./service-process.ts";
import { inParallel } from "./statistics.ts";

/** What {@link measureAborts} found. */
export interface AbortReport {
  readonly aborted: number;
  /** Resident memory in MB over three times as many requests before: the heap grows to the size of the load. */
  readonly memoryBefore: readonly number[];
  /** Resident memory in MB: before, then after each tenth. */
  readonly memory: readonly number[];
  /** What waited or ran a second after the last one left. */
  readonly left: number;
}

/** Sends requests and leaves after some milliseconds, at any stage of them. */
export async function measureAborts(count: number): Promise<AbortReport> {
  const service = await startPatientService();
  const memory = async (): Promise<number> => Math.round((await service.memory()) / 1e6);
  try {
    const run = async (requests: number): Promise<number> => {
      await inParallel(requests, 8, async (index) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 1 + ((index * 7) % 60));
        const body = JSON.stringify({
          class_labels: 8,
          n: 4,
          num_inference_steps: 20,
          stream: index % 2 === 0,
          partial_images: 4,
        });
        const headers = { "content-type": "application/json" };
        const options = { method: "POST", headers, body, signal: controller.signal };
        await fetch(`${service.ready}/v1/images/generations`, options)
          .then((response) => response.text())
          .catch(() => undefined);
      });
      await sleep(200);
      return await memory();
    };
    const memoryBefore = [await memory()];
    while (memoryBefore.length <= 10) memoryBefore.push(await run((3 * count) / 10));
    const seen = [memoryBefore.at(-1) as number];
    while (seen.length <= 10) seen.push(await run(count / 10));
    await sleep(1000);
    const { queue } = (await (await fetch(`${service.ready}/status.json`)).json()) as {
      queue: { waiting: number; running: number };
    };
    return { aborted: count, memoryBefore, memory: seen, left: queue.waiting + queue.running };
  } finally {
    await service.stop();
  }
}
