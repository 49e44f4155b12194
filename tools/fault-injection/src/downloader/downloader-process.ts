// A process that downloads and uploads what it is asked to, one repository at a time, until it is killed; some of it in a thread.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { download } from "./download.ts";
import { type DownloadRequest, terminateThread, type UploadRequest } from "./download-request.ts";
import { upload } from "./upload.ts";

let thread: Worker | undefined;

process.on("message", async (message: DownloadRequest | UploadRequest | typeof terminateThread) => {
  if (message === terminateThread) await thread?.terminate();
  else if ("files" in message) process.send?.(await upload(message));
  else if (message.inThread) await downloadInThread(message);
  else process.send?.(await download(message));
});

/** Answers with the result, or with {@link terminateThread} where that came before it. */
async function downloadInThread(request: DownloadRequest): Promise<void> {
  thread = new Worker(new URL("./downloader-thread.js", import.meta.url), { workerData: request });
  let answer: unknown = terminateThread;
  thread.on("message", (result) => {
    answer = result;
  });
  await once(thread, "exit");
  process.send?.(answer);
}
