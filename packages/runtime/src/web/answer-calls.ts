import type { WorkerRequest } from "../worker/worker-calls.ts";
import type { Onnxruntime } from "./configure-onnxruntime.ts";
import { WebInferenceServer } from "./web-inference-server.ts";
import type { WebLoadRequest } from "./web-load-request.ts";

/** Makes the worker that this runs in answer the calls of a session. */
export function answerCalls(onnxruntime: Onnxruntime): void {
  // Where a bundler has put everything into one script, onnxruntime starts its threads from this very script.
  if (self.name.startsWith("em-pthread")) return;
  const server = new WebInferenceServer(onnxruntime, (notice) => self.postMessage(notice));

  // What goes wrong inside onnxruntime, outside of a call, is told to the page as an uncaught error is.
  self.addEventListener("unhandledrejection", ({ reason }) => self.reportError(reason));
  self.addEventListener("message", async ({ data }: MessageEvent<WorkerRequest<WebLoadRequest>>) => {
    const reply = await server.answer(data);
    const buffers =
      reply.call === "run" ? Object.values(reply.reply).map(({ data: values }) => values.buffer) : [];
    self.postMessage(reply, { transfer: buffers as ArrayBuffer[] });
  });
}
