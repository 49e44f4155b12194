/**
 * The headers that make a page cross-origin isolated, which wasm threads need. Sent by the server if possible,
 * otherwise added by the service worker.
 */
export const isolationHeaders: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};
