import { startPostgres } from "@onestep/queue-servers";
import { openQueue } from "./dist/queue/bullmq-queue.js";

const server = await startPostgres();
const q = await openQueue(server.url, { leaseSeconds: 1, stalledCheckSeconds: 0.3, timeoutSeconds: 3 });
const job = (id, model) => ({
  id,
  format: 1,
  model,
  task: "generation",
  owner: "o",
  priority: "interactive",
  cost: 1,
  group: "g",
  durable: true,
  settings: { seed: 1 },
  output: { format: "png", key: "k", previews: 0 },
});
await q.enqueue([job("a1", "m")]);
const w = q.wait("a1").catch((e) => console.log("wait", e.message));
const c = q.claim({ models: ["n"], count: 1, signal: new AbortController().signal });
await new Promise((r) => setTimeout(r, Number(process.argv[2] ?? 50)));
console.time("close");
await q.close();
console.timeEnd("close");
console.log(await c);
await w;
const t = Date.now();
process.on("exit", () => console.log("exit after", Date.now() - t));
await server.stop();
