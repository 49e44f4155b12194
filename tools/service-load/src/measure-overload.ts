import { setTimeout as sleep } from "node:timers/promises";
import { ImageClient } from "./image-client.ts";
import { startOnestep } from "./service-process.ts";
import { inParallel, percentile } from "./statistics.ts";

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
  /** Requests a second that it answered before, from four clients. */
  readonly capacity: number;
}

const warmUpRequests = 100;

/**
 * Sends ten times as many requests a second as the service can answer, for some seconds.
 *
 * @param images - How many images a request asks for. To send ten times as many requests for one small image takes more of the
 *   processor than there is, next to the service.
 */
export async function measureOverload(seconds: number, images: number): Promise<OverloadReport> {
  const service = await startOnestep([
    "serve",
    "--port",
    "0",
    "--max-queue-seconds",
    "2",
    "--max-requests-per-key",
    "100000",
  ]);
  const client = new ImageClient(service.ready, 2000);
  const ask = async (): Promise<{ status: number; took: number; retryAfter: number; hasImage: boolean }> => {
    const start = performance.now();
    const { status, headers, text } = await client.generate({ class_labels: 8, n: images });
    const took = performance.now() - start;
    const retryAfter = Number(headers["retry-after"] ?? 0);
    return { status, took, retryAfter, hasImage: text.includes("b64_json") };
  };
  try {
    const warmUp = performance.now();
    await inParallel(warmUpRequests, 4, async () => void (await ask()));
    const capacity = (1000 * warmUpRequests) / (performance.now() - warmUp);
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
    client.close();
    await service.stop();
  }
}
