// A process that downloads what it is asked to, one repository at a time, until it is killed.
import { download } from "./download.ts";
import type { DownloadRequest } from "./download-request.ts";

process.on("message", async (request: DownloadRequest) => {
  process.send?.(await download(request));
});
