/**
 * Passes a response on as it arrives, and keeps it once complete. If it is cancelled or interrupted, it is not kept and
 * the fetch is aborted.
 *
 * @param keep - Called with the complete response.
 * @returns The response to pass on, and a promise that settles when all work is done.
 */
export function streamAndKeep(
  response: Response,
  keep: (whole: Response) => Promise<void>,
): { readonly response: Response; readonly settled: Promise<void> } {
  const { promise: settled, resolve: settle } = withResolvers();
  const { status, statusText, headers } = response;
  const reader = (response.body ?? new Blob().stream()).getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          chunks.push(value);
          controller.enqueue(value);
          return;
        }
      } catch (error) {
        controller.error(error);
        settle();
        return;
      }
      controller.close();
      // Without free space, the page still works, but not offline.
      await keep(new Response(new Blob(chunks), { status, statusText, headers })).catch(() => undefined);
      settle();
    },
    async cancel(reason) {
      settle();
      await reader.cancel(reason);
    },
  });
  return { response: new Response(body, { status, statusText, headers }), settled };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
