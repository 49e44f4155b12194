import type { KeptFile } from "./kept-file.ts";
import { KeptFiles } from "./kept-files.ts";
import type { ServiceWorkerScope } from "./service-worker-scope.ts";

declare global {
  /** The files of this build, inserted at build time. */
  const __KEPT_FILES__: readonly KeptFile[];
}

// The service worker script. It keeps the page for offline use, and isolates it if the server does not. A newer version
// waits until no page of the older build is open.

const scope = self as unknown as ServiceWorkerScope;
const files = new KeptFiles(__KEPT_FILES__, scope.registration.scope);

scope.addEventListener("install", (event) => event.waitUntil(files.fill()));

scope.addEventListener("activate", (event) => {
  event.waitUntil(files.removeOthers().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  // Requests to other servers are passed through.
  if (request.method !== "GET" || !request.url.startsWith(scope.registration.scope)) return;
  const answer = files.answer(request);
  event.waitUntil(answer.then(({ settled }) => settled).catch(() => undefined));
  event.respondWith(answer.then(({ response }) => response));
});
