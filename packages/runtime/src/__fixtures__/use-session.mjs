// A program that uses a session and ends in the way that its argument names. Runs from dist, as users do.
// Argument: the way to end.
import { Tensor } from "@onestep/core";
import { createInferenceSession } from "../../dist/index.js";
import { powers } from "./powers.mjs";

const [ending] = process.argv.slice(2);
// About half a second of work for one thread, so that the program ends while it runs.
const model = { graph: powers(1000), weights: new Map() };
const length = 256;
const x = new Tensor("float32", new Float32Array(length * length), [length, length]);

if (ending === "exit-during-load") {
  createInferenceSession(model);
  process.once("worker", () => setImmediate(() => process.exit(7)));
} else {
  const session = await createInferenceSession(model);
  if (ending === "exit-during-run") {
    session.run({ x });
    setTimeout(() => process.exit(7), 50);
  }
  if (ending === "exit-with-calls-waiting") {
    session.run({ x });
    session.run({ x });
    process.exit(7);
  }
  if (ending === "throw-during-run") {
    session.run({ x });
    setTimeout(() => {
      throw new Error("uncaught");
    }, 50);
  }
  if (ending === "end-after-abort") {
    const controller = new AbortController();
    const aborted = session.run({ x }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await aborted.catch((error) => console.log(error.name));
  }
  if (ending === "forget-dispose") {
    await session.run({ x });
    console.log("done");
  }
  if (ending === "dispose") {
    await session.run({ x });
    await session.dispose();
    console.log("done");
  }
}
