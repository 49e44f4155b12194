import { createHash } from "node:crypto";
import { OnestepError, type ProgressListener, setWarningHandler } from "@onestep/core";
import { type OpenRepositoryOptions, openRepository, type Repository } from "@onestep/hub";
import type { DownloadFailure, DownloadRequest, DownloadResult, FileResult } from "./download-request.ts";

/** What the caller aborts with. */
class LostInterest extends Error {
  override readonly name = "LostInterest";
}

/** Downloads as a program would that uses the package, and reads every byte of what it got. */
export async function download(request: DownloadRequest): Promise<DownloadResult> {
  const warnings: string[] = [];
  setWarningHandler(({ message }) => warnings.push(message));
  const caller = watchCaller(request.abortAfter);
  try {
    const { rivalToken } = request;
    const [own, rival] = await Promise.all([
      downloadAll(request, caller.signal),
      rivalToken === undefined ? undefined : downloadAll({ ...request, token: rivalToken }, caller.signal),
    ]);
    return { ...own, warnings, rival };
  } finally {
    caller.end();
  }
}

/** The signal of a caller who loses interest after so many milliseconds, or never. */
export function watchCaller(abortAfter: number | undefined): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const lose = (): void => controller.abort(new LostInterest());
  const timer = abortAfter === undefined ? undefined : setTimeout(lose, abortAfter);
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}

async function downloadAll(
  request: DownloadRequest,
  signal: AbortSignal,
): Promise<Omit<DownloadResult, "warnings" | "rival">> {
  try {
    const repository = await openRepository(request.id, makeOptions(request, signal));
    if (request.lists) await repository.list({ signal });
    const fetchOne = (path: string): Promise<FileResult> => fetchFile(repository, path, signal);
    const files: FileResult[] = [];
    if (request.atOnce) files.push(...(await Promise.all(request.paths.map(fetchOne))));
    else for (const path of request.paths) files.push(await fetchOne(path));
    if (files.every(({ failure }) => failure === undefined)) await repository.settle?.();
    return { commit: repository.commit, files };
  } catch (error) {
    return { files: [], failure: describeFailure(error) };
  }
}

function makeOptions(request: DownloadRequest, signal: AbortSignal): OpenRepositoryOptions {
  const { endpoint, revision, cacheDir, token, localFilesOnly, holdRevision, patience, retry } = request;
  const environment = { HF_HUB_ETAG_TIMEOUT: `${patience}`, HF_HUB_DOWNLOAD_TIMEOUT: `${patience}` };
  return { endpoint, revision, cacheDir, token, localFilesOnly, holdRevision, retry, environment, signal };
}

async function fetchFile(repository: Repository, path: string, signal: AbortSignal): Promise<FileResult> {
  try {
    let cached: boolean | undefined;
    const onProgress: ProgressListener = (event) => {
      if (event.type === "file-start") cached = event.cached;
    };
    const file = await repository.get(path, { signal, onProgress });
    const bytes = await file.read(0, file.size, { signal });
    return { path, sha256: createHash("sha256").update(bytes).digest("hex"), cached };
  } catch (error) {
    return { path, failure: describeFailure(error) };
  }
}

/** What was thrown, as it goes to another process. */
export function describeFailure(error: unknown): DownloadFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof LostInterest) return { name, message, kind: "aborted" };
  const isTyped = OnestepError.isInstance(error) && error.problem !== undefined;
  return { name, message, kind: isTyped ? "typed" : "untyped" };
}
