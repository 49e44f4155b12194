/** A request that a page sent. */
export interface PageRequest {
  readonly path: string;
  readonly range: string | null;
}

/** A `fetch` that keeps a log. */
export interface LoggedFetch {
  readonly fetch: typeof fetch;
  readonly requests: PageRequest[];
}

/** The browser's own `fetch` with a log and an optional change of responses. */
export function loggedFetch(
  change: (response: Response, request: PageRequest) => Response = (response) => response,
): LoggedFetch {
  const requests: PageRequest[] = [];
  return {
    requests,
    fetch: async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      const request = { path: pathname, range: new Headers(init?.headers).get("Range") };
      requests.push(request);
      return change(await fetch(input, init), request);
    },
  };
}

/** Cuts the connection after the given number of bytes of a response. */
export function cutAfter(response: Response, byteCount: number): Response {
  let left = byteCount;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left === 0) controller.error(new TypeError("network error"));
    },
  });
  return new Response(response.body?.pipeThrough(cut) ?? null, response);
}

/** Behaves like a browser's `fetch` without a network. */
export const noNetwork: typeof fetch = async () => {
  throw new TypeError("Failed to fetch");
};
