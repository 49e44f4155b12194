import type { DiffusionPipelineBase } from "@onestep/pipelines";
import { expect, it } from "vitest";
import { InstancePool } from "./instance-pool.ts";

const [a, b] = ["a", "b"] as unknown as readonly [DiffusionPipelineBase, DiffusionPipelineBase];

it("gives each run an instance to itself, in the order in which they came", async () => {
  const pool = new InstancePool([a, b]);
  const running = new Set<DiffusionPipelineBase>();
  const order: number[] = [];
  let most = 0;
  await Promise.all(
    Array.from({ length: 9 }, (_, index) =>
      pool.reserve()(async (instance) => {
        expect(running.has(instance)).toBe(false);
        order.push(index);
        running.add(instance);
        most = Math.max(most, running.size);
        await new Promise((resolve) => setTimeout(resolve, index % 3));
        running.delete(instance);
      }),
    ),
  );
  expect([most, order]).toEqual([2, [0, 1, 2, 3, 4, 5, 6, 7, 8]]);
});

it("is idle once what was reserved has run, also where runs fail", async () => {
  const pool = new InstancePool([a]);
  const first = pool.reserve();
  const second = pool.reserve();
  let isIdle = false;
  const idle = pool.idle().then(() => {
    isIdle = true;
  });
  await expect(
    first(async () => {
      throw new Error("broken");
    }),
  ).rejects.toThrow("broken");
  await Promise.resolve();
  expect(isIdle).toBe(false);
  expect(await second(async (instance) => instance)).toBe(a);
  await idle;
  await pool.idle();
});
