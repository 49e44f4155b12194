/**
 * Passes a response on while it arrives, and keeps it when it is whole. What is cancelled or breaks off is not kept, and
 * no longer fetched.
 *
 * @param keep - Given the whole response.
 * @returns The response to pass on, and a promise that is settled when there is nothing left to do.
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
      // Where there is no room, the page works nevertheless, but not offline.
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
