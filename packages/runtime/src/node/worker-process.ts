import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorMessage } from "@onestep/core";
import type { WireTensor, WorkerReply, WorkerRequest } from "../worker/worker-calls.ts";
import { refusedByPermissions } from "./start-failure.ts";
import type { LoadRequest } from "./worker-messages.ts";
import type { WorkerPort, WorkerPortListener } from "./worker-port.ts";

/**
 * Starts a process that answers calls, with a thread of its own. It ends with the thread that started it, at whatever
 * moment that is terminated, which a thread of that thread would not survive: see `ExitGuard`.
 *
 * @param script The script of that thread.
 * @throws MissingRuntimeError where Node's permission model forbids processes.
 */
export function startProcess(script: URL, listener: WorkerPortListener): WorkerPort {
  let child: ReturnType<typeof fork>;
  try {
    child = fork(new URL("./inference-process.js", script), [fileURLToPath(script)], {
      execArgv: [],
      serialization: "advanced",
      // A pipe that outlives this thread would keep whoever reads from it waiting.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  } catch (error) {
    throw refusedByPermissions(error, "a process, as it has to in a worker thread", "--allow-child-process");
  }
  // Bun's channel has no say in this.
  const channel = child.channel as Partial<NonNullable<typeof child.channel>> | null | undefined;
  const unref = (): void => {
    child.unref();
    channel?.unref?.();
  };
  unref();
  child.on("message", (message) => {
    const event = message as ProcessEvent;
    if (event.type === "failure") listener.onFailure(event.found, undefined);
    else listener.onReply(withOwnReplyMemory(event.reply));
  });
  child.once("error", (error) =>
    listener.onFailure(`a process that does not start: ${errorMessage(error)}`, error),
  );
  child.once("exit", (exitCode, signal) =>
    listener.onEnd(signal === null ? `its end, with exit code ${exitCode}` : `its end, by ${signal}`),
  );
  return {
    post(message) {
      child.send(message, (error) => {
        if (error !== null) listener.onFailure(`a call that it does not take: ${errorMessage(error)}`, error);
      });
    },
    ref() {
      child.ref();
      channel?.ref?.();
    },
    unref,
  };
}

/** What the process sends. */
export type ProcessEvent =
  | { readonly type: "reply"; readonly reply: WorkerReply }
  | { readonly type: "failure"; readonly found: string };

/** A call whose arrays have memory of their own, to transfer. All that arrive by a pipe are views of one. */
export function withOwnMemory(message: WorkerRequest<LoadRequest>): WorkerRequest<LoadRequest> {
  return message.call === "run" ? { call: "run", request: ownTensors(message.request) } : message;
}

function withOwnReplyMemory(reply: WorkerReply): WorkerReply {
  return reply.call === "run" ? { call: "run", reply: ownTensors(reply.reply) } : reply;
}

function ownTensors(tensors: Readonly<Record<string, WireTensor>>): Record<string, WireTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}
