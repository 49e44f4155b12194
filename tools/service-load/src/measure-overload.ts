import { setTimeout as sleep } from "node:timers/promises";
import { startOnestep } from "./service-process.ts";
import { mean, percentile } from "./statistics.ts";

/** What {@link measureOverload} found. */
export interface OverloadReport {
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  /** Answers of another status, and accepted requests without an image. */
  readonly lost: number;
  /** Refusals without a `Retry-After` of 1 to 59 seconds. */
  readonly withoutRetryAfter: number;
  readonly refusalMilliseconds: { readonly p50: number; readonly p99: number };
  readonly capacity: number;
}

/** Sends ten times as many requests a second as the service makes images, for some seconds. */
export async function measureOverload(seconds: number): Promise<OverloadReport> {
  const service = await startOnestep([
    "serve",
    "--port",
    "0",
    "--max-queue-seconds",
    "2",
    "--max-requests-per-key",
    "100000",
  ]);
  const ask = async (): Promise<{ status: number; took: number; retryAfter: number; hasImage: boolean }> => {
    const start = performance.now();
    const response = await fetch(`${service.ready}/v1/images/generations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"class_labels": 8}',
    });
    const text = await response.text();
    const retryAfter = Number(response.headers.get("retry-after") ?? 0);
    return {
      status: response.status,
      took: performance.now() - start,
      retryAfter,
      hasImage: text.includes("b64_json"),
    };
  };
  try {
    const times: number[] = [];
    for (let index = 0; index < 50; index += 1) times.push((await ask()).took);
    const capacity = 1000 / mean(times.slice(10));
    const pending: ReturnType<typeof ask>[] = [];
    const perTick = (10 * capacity) / 100;
    const start = performance.now();
    while (performance.now() - start < seconds * 1000) {
      const due = ((performance.now() - start) / 10) * perTick;
      while (pending.length < due) pending.push(ask());
      await sleep(10);
    }
    const answers = await Promise.all(pending);
    const refused = answers.filter(({ status }) => status === 503);
    const accepted = answers.filter(({ status }) => status === 200);
    const took = refused.map((answer) => answer.took);
    return {
      ...{ sent: answers.length, accepted: accepted.length, refused: refused.length, capacity },
      lost:
        answers.length -
        accepted.length -
        refused.length +
        accepted.filter(({ hasImage }) => !hasImage).length,
      withoutRetryAfter: refused.filter(({ retryAfter }) => !(retryAfter >= 1 && retryAfter < 60)).length,
      refusalMilliseconds: { p50: percentile(took, 0.5), p99: percentile(took, 0.99) },
    };
  } finally {
    await service.stop();
  }
}
