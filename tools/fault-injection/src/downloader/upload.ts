import { uploadFiles } from "@onestep/hub";
import { contentOf } from "../plan/planned-file.ts";
import { describeFailure, watchCaller } from "./download.ts";
import type { DownloadResult, UploadRequest } from "./download-request.ts";

/** Uploads as a program would that uses the package. */
export async function upload(request: UploadRequest): Promise<DownloadResult> {
  const { endpoint, files, id, patience, retry, token } = request;
  const caller = watchCaller(request.abortAfter);
  try {
    const { commit } = await uploadFiles(
      id,
      files.map((file) => ({
        path: file.path,
        size: file.length,
        read: async (start, end) => contentOf(file).slice(start, end),
      })),
      {
        endpoint,
        token,
        retry,
        environment: { HF_HUB_DOWNLOAD_TIMEOUT: `${patience}` },
        isObsolete: (path) => path.startsWith("old"),
        signal: caller.signal,
      },
    );
    return { commit, files: [], warnings: [] };
  } catch (error) {
    return { files: [], failure: describeFailure(error), warnings: [] };
  } finally {
    caller.end();
  }
}
