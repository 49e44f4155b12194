// A program whose session is used in a thread of its own, which ends in the way that the argument names. Runs from
// dist, as users do. Argument: the way to end.
import { setTimeout as pause } from "node:timers/promises";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { Tensor } from "@onestep/core";
import { createInferenceSession } from "../../dist/index.js";
import { powers } from "./powers.mjs";

const [ending] = process.argv.slice(2);

if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url), { argv: [ending] });
  thread.on("error", (error) => console.log(error.message));
  const hasEnded = new Promise((resolve) => thread.once("exit", resolve));
  const news = (what) =>
    new Promise((resolve) => thread.on("message", (message) => message === what && resolve()));
  if (ending === "terminate-during-load") await news("loading");
  if (ending.endsWith("-during-run")) await news("running").then(() => pause(50));
  if (ending === "terminate-while-idle") await news("done");
  if (ending === "exit-during-run") process.exit(7);
  if (ending.startsWith("terminate")) await thread.terminate();
  await hasEnded;
  console.log("alive");
} else {
  const model = { graph: powers(1000), weights: new Map() };
  const length = 256;
  const x = new Tensor("float32", new Float32Array(length * length).fill(1 / length), [length, length]);
  const loading = createInferenceSession(model);
  parentPort.postMessage("loading");
  const session = await loading;
  const running = session.run({ x });
  parentPort.postMessage("running");
  if (ending === "throw-during-run") {
    setTimeout(() => {
      throw new Error("of its own");
    }, 50);
  }
  const [y] = Object.values(await running);
  if (ending === "dispose") {
    const [again] = Object.values(await session.run({ x }));
    await session.dispose();
    console.log(y.dtype, y.shape.join("x"), y.data[0], again.data.buffer.byteLength === 4 * length * length);
  }
  parentPort.postMessage("done");
  if (ending === "terminate-while-idle") await pause(60_000);
}
