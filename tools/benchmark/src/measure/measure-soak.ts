import type { SoakResult, Task } from "../task.ts";
import { prepareImages } from "./prepare-call.ts";
import { readMemory } from "./process-memory.ts";

/** Makes images again and again, and notes the memory in use after each call. */
export async function measureSoak(task: Task): Promise<SoakResult> {
  const prepared = await prepareImages(task);
  const residentBytes: number[] = [];
  for (let repeat = 1; repeat <= task.repeats; repeat += 1) {
    await prepared.call(repeat);
    residentBytes.push(readMemory());
  }
  await prepared.dispose();
  return { residentBytes };
}
