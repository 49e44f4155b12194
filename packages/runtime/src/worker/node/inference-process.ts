import { pathToFileURL } from "node:url";
import { type ProcessEvent, startThread, withOwnMemory } from "../../caller/node/start-worker.ts";
import type { NodeLoadRequest, WorkerRequest } from "../../protocol.ts";

// The script of a process that does inference for a thread that may be terminated. It passes calls on to a thread of
// its own, and so hears at once that nobody waits for an answer any more.
const [, , script = ""] = process.argv;
const send = (event: ProcessEvent): void => void process.send?.(event);

const port = startThread(pathToFileURL(script), {
  onReply: (reply) => send({ type: "reply", reply }),
  onFailure: (found) => send({ type: "failure", found }),
  onEnd: (found) => process.send?.({ type: "failure", found } satisfies ProcessEvent, () => process.exit()),
});
port.ref();

process.on("message", (message: WorkerRequest<NodeLoadRequest>) => port.post(withOwnMemory(message), []));
// Whatever is computed now, nobody wants it.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// What these mean is for the process to decide that this one works for.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
