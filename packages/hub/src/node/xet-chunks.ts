import { OnestepError } from "@onestep/core";
import { toConnectionError } from "../http/connection-failure.ts";
import { RequestWatch } from "../http/timeout.ts";
import type { HubClient } from "../hub-api/client.ts";
import type { FileRequest, XetReference } from "../hub-api/file.ts";

/** Which bytes to fetch. */
interface XetChunksOptions {
  /** The offset of the first byte; the start of the file by default. */
  readonly offset?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A file's bytes out of Xet storage, in order: fetched in parallel and put together by @huggingface/hub, which is loaded
 * when it is first needed. What it lacks is added here: the token for the endpoint alone, an end when `signal` says so,
 * and an end when the storage stays silent.
 *
 * @throws ConnectionError if the storage cannot be reached, fails or stays silent.
 */
export async function* xetChunks(
  client: HubClient,
  request: FileRequest,
  reference: XetReference,
  { offset = 0, signal }: XetChunksOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { hash, size, refreshUrl, reconstructionUrl } = reference;
  const watch = new RequestWatch(reconstructionUrl, signal);
  const timeout = client.downloadTimeout;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const { downloadFile } = await import("@huggingface/hub");
    const opening = downloadFile({
      repo: request.id,
      path: request.path,
      revision: request.commit,
      fetch: watchActivity(client.fetchWithin(watch.signal), watch),
      downloadInfo: {
        size,
        etag: hash,
        url: reconstructionUrl.href,
        xet: { hash, refreshUrl, reconstructionUrl },
      },
    });
    const blob = await watch.wait(opening, timeout);
    reader = (offset === 0 ? blob : blob?.slice(offset))?.stream().getReader();
    while (reader !== undefined) {
      const { done, value } = await watch.wait(reader.read(), timeout);
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (watch.signal.aborted || OnestepError.isInstance(error)) throw error;
    throw toConnectionError(reconstructionUrl, error, { retry: "soon" });
  } finally {
    watch.end();
    reader?.cancel().catch(() => {});
  }
}

/** A `fetch` that notes every chunk as activity, since chunks are passed on in large groups. */
function watchActivity(fetchWithin: typeof fetch, watch: RequestWatch): typeof fetch {
  return async (input, init) => {
    const response = await fetchWithin(input, init);
    watch.noteActivity();
    if (response.body === null) return response;
    const note = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        watch.noteActivity();
        controller.enqueue(chunk);
      },
    });
    const { headers, status, statusText } = response;
    return new Response(response.body.pipeThrough(note), { headers, status, statusText });
  };
}
