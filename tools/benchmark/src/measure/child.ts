import type { Task } from "../task.ts";
import { measureCalls, measureEventLoop, measurePublished, measureSoak } from "./measure-calls.ts";

// Does the task in the argument and prints what it measured as one line of JSON.
const task = JSON.parse(process.argv[2] ?? "") as Task;
const measure = {
  forward: measureCalls,
  images: measureCalls,
  "event-loop": measureEventLoop,
  soak: measureSoak,
  published: measurePublished,
};
console.log(JSON.stringify(await measure[task.kind](task)));
