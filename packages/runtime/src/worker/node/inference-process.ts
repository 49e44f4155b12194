import { pathToFileURL } from "node:url";
import { type ProcessEvent, startThread, withOwnMemory } from "../../caller/node/start-worker.ts";
import type { NodeLoadRequest, WorkerRequest } from "../../protocol.ts";

// The script of a process that runs inference for a thread that may be terminated. It forwards calls to its own thread,
// so that it notices immediately when the caller is gone.
const [, , script = ""] = process.argv;
const send = (event: ProcessEvent): void => void process.send?.(event);

const port = startThread(pathToFileURL(script), {
  onReply: (reply) => send({ type: "reply", reply }),
  onFailure: (found) => send({ type: "failure", found }),
  onEnd: (found) => process.send?.({ type: "failure", found } satisfies ProcessEvent, () => process.exit()),
});
port.ref();

process.on("message", (message: WorkerRequest<NodeLoadRequest>) => port.post(withOwnMemory(message), []));
// No result is needed any more.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// The parent process decides how to handle these signals.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
