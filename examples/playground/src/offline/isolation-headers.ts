/**
 * What makes a page cross-origin isolated, so that wasm may use several threads. A server sends them; where it cannot, the
 * service worker adds them.
 */
export const isolationHeaders: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};
