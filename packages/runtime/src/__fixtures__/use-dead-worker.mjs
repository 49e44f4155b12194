// A program whose inference thread dies, and which then ends in the way that its argument names. Runs from dist.
import { Tensor } from "@onestep/core";
import { createInferenceSession } from "../../dist/index.js";
import { powers } from "./powers.mjs";

const [ending] = process.argv.slice(2);
let thread;
process.once("worker", (worker) => {
  thread = worker;
});
const session = await createInferenceSession({ graph: powers(2), weights: new Map() });
if (ending === "dispose-unnoticed") {
  thread.terminate();
  session.dispose();
  process.exit(7);
}
await thread.terminate();
const error = await session
  .run({ x: new Tensor("float32", Float32Array.of(1), [1, 1]) })
  .catch((reason) => reason);
console.log(error.code);
if (ending !== "forget-dispose") await Promise.all([session.dispose(), session.dispose()]);
if (ending === "dispose-and-exit") process.exit(7);
if (ending === "dispose-and-sigterm") {
  process.once("SIGTERM", () => process.exit(7));
  setInterval(() => {}, 1000);
  process.kill(process.pid, "SIGTERM");
}
