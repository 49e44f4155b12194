import { expect, it } from "vitest";
import { Lanes } from "./lanes.ts";

/** A piece of work that ends when it is told to. */
function piece(): { readonly done: Promise<void>; end(): void } {
  let end = (): void => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end: () => end() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

it("runs as many at a time as there are lanes; a lane is free while its run is finished", async () => {
  const lanes = new Lanes(2);
  const runs = [piece(), piece(), piece(), piece()] as const;
  const rests = [piece(), piece(), piece(), piece()] as const;
  const log: string[] = [];
  const start = (index: 0 | 1 | 2 | 3): void =>
    lanes.start(async () => {
      log.push(`run ${index}`);
      await runs[index].done;
      return async () => {
        log.push(`finish ${index}`);
        await rests[index].done;
      };
    });
  expect(await lanes.free()).toBe(2);
  start(0);
  expect(await lanes.free()).toBe(1);
  start(1);
  let isFree = false;
  const free = lanes.free().then(() => {
    isFree = true;
  });
  await settled();
  expect(isFree).toBe(false);
  runs[0].end();
  await free;
  start(2);
  runs[2].end();
  await settled();
  // Run 2 has ended, and its lane still finishes run 0.
  expect(log).toEqual(["run 0", "run 1", "finish 0", "run 2"]);
  rests[0].end();
  await settled();
  expect(log).toContain("finish 2");
  start(3);
  for (const each of [...runs, ...rests]) each.end();
  await lanes.idle();
  expect(log.filter((line) => line.startsWith("finish"))).toHaveLength(4);
});

it("tells of a run that failed, and waits for the others", async () => {
  const lanes = new Lanes(2);
  const other = piece();
  let hasEnded = false;
  lanes.start(async () => {
    throw new Error("broken");
  });
  lanes.start(async () => {
    await other.done;
    hasEnded = true;
    return async () => undefined;
  });
  await settled();
  await expect(lanes.free()).rejects.toThrow("broken");
  setTimeout(() => other.end(), 5);
  await expect(lanes.idle()).rejects.toThrow("broken");
  expect(hasEnded).toBe(true);
});
