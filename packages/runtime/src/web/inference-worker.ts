import type { WorkerRequest } from "../worker/worker-calls.ts";
import { WebInferenceServer } from "./web-inference-server.ts";
import type { WebLoadRequest } from "./web-load-request.ts";

// The script of the worker: receives calls, and answers each.
const server = new WebInferenceServer((notice) => self.postMessage(notice));

self.addEventListener("message", async ({ data }: MessageEvent<WorkerRequest<WebLoadRequest>>) => {
  const reply = await server.answer(data);
  const buffers =
    reply.call === "run" ? Object.values(reply.reply).map(({ data: values }) => values.buffer) : [];
  self.postMessage(reply, { transfer: buffers as ArrayBuffer[] });
});
