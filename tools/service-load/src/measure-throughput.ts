import { RasterImage, TorchGenerator } from "@onestep/core";
import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { ImageClient } from "./image-client.ts";
import { startPatientService } from "./service-process.ts";
import { inParallel, mean, percentile } from "./statistics.ts";

/** What {@link measureThroughput} found. */
export interface ThroughputReport {
  readonly requests: number;
  readonly lost: number;
  /** Images that differ from those of `generate` by more than 1/255. */
  readonly wrong: number;
  readonly differing: number;
  readonly secondsService: number;
  readonly secondsLoop: number;
  /** The loop's seconds as a part of the service's: 1 would be as fast. */
  readonly ratio: number;
  readonly batchSize: number;
  readonly latencyMilliseconds: { readonly p50: number; readonly p99: number };
  /** Resident memory in MB, at ten times over the run. */
  readonly memory: readonly number[];
}

const classes = 30;

/**
 * Sends requests by many clients, compares each image with that of `generate`, and the time with a bare loop of `generate`
 * with the best batch size. Both are measured in turns, a part of each at a time.
 */
export async function measureThroughput(requests: number, clients: number): Promise<ThroughputReport> {
  const service = await startPatientService();
  const client = new ImageClient(service.ready, clients);
  const pipe = await ConsistencyModelPipeline.fromPretrained();
  const batchSize = await chooseBatchSize(pipe);
  const parts = 10;
  const size = Math.ceil(requests / parts);
  const totals = { lost: 0, wrong: 0, differing: 0, secondsService: 0, secondsLoop: 0 };
  const memory: number[] = [];
  const latencies: number[] = [];
  try {
    for (let part = 0; part < parts; part += 1) {
      const seeds = Array.from(
        { length: Math.min(size, requests - part * size) },
        (_, index) => part * size + index,
      );
      const expected = new Map<number, Uint8Array>();
      const loopStart = performance.now();
      for (let start = 0; start < seeds.length; start += batchSize) {
        const own = seeds.slice(start, start + batchSize);
        const { images } = await pipe.generate({
          classLabels: own.map((seed) => seed % classes),
          generator: own.map((seed) => new TorchGenerator(seed)),
        });
        for (const [index, seed] of own.entries())
          expected.set(seed, images[index]?.data ?? new Uint8Array());
      }
      totals.secondsLoop += (performance.now() - loopStart) / 1000;
      const answers = new Map<number, string>();
      const start = performance.now();
      await inParallel(seeds.length, clients, async (index) => {
        const seed = seeds[index] as number;
        const sentAt = performance.now();
        const image = await ask(client, seed);
        latencies.push(performance.now() - sentAt);
        if (image === undefined) totals.lost += 1;
        else answers.set(seed, image);
      });
      totals.secondsService += (performance.now() - start) / 1000;
      memory.push(Math.round((await service.memory()) / 1e6));
      for (const [seed, image] of answers) {
        const difference = await compare(image, expected.get(seed) ?? new Uint8Array());
        if (difference > 0) totals.differing += 1;
        if (difference > 1) totals.wrong += 1;
      }
      console.error(
        `${part + 1} of ${parts}: ${totals.secondsLoop.toFixed(1)} s by the loop, ${totals.secondsService.toFixed(1)} s by the service, ${memory.at(-1)} MB`,
      );
    }
  } finally {
    client.close();
    await service.stop();
    await pipe.dispose();
  }
  return {
    ...{ requests, ...totals, batchSize, memory },
    ratio: totals.secondsLoop / totals.secondsService,
    latencyMilliseconds: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
  };
}

async function chooseBatchSize(pipe: ConsistencyModelPipeline): Promise<number> {
  const times = new Map<number, number>();
  for (const count of [1, 2, 4, 8, 16]) {
    const generator = Array.from({ length: count }, (_, seed) => new TorchGenerator(seed));
    const runs: number[] = [];
    for (let run = 0; run < 6; run += 1) {
      const start = performance.now();
      await pipe.generate({ batchSize: count, generator, classLabels: 0 });
      if (run > 0) runs.push((performance.now() - start) / count);
    }
    times.set(count, mean(runs));
  }
  return [...times].sort(([, one], [, other]) => one - other)[0]?.[0] ?? 1;
}

async function ask(client: ImageClient, seed: number): Promise<string | undefined> {
  const { status, text } = await client.generate({ seed, class_labels: seed % classes });
  if (status !== 200) {
    console.error(status, text);
    return undefined;
  }
  const { data } = JSON.parse(text) as { data: readonly { b64_json: string; seed: number }[] };
  return data[0]?.seed === seed ? data[0].b64_json : undefined;
}

async function compare(image: string, expected: Uint8Array): Promise<number> {
  const { data } = await RasterImage.fromPng(Buffer.from(image, "base64"));
  if (data.length !== expected.length) return 255;
  return data.reduce((most, value, index) => Math.max(most, Math.abs(value - (expected[index] ?? 0))), 0);
}
