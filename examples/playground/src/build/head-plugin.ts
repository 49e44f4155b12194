import type { Plugin } from "vite";

/**
 * What the page may load: its own scripts and WebAssembly, pictures it generated, and requests to a Hub or mirror
 * chosen by the user.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "img-src 'self' blob: data:",
  "worker-src 'self' blob:",
  "connect-src 'self' blob: data: https: http:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * Completes the head of the built page: adds the content security policy (the development server could not work under
 * it) and makes the preview picture's URL absolute, as link previews in chats and social networks require.
 *
 * @param address - The URL where the page is published, with a trailing slash; if undefined, URLs stay relative.
 */
export function headPlugin(address: string | undefined): Plugin {
  return {
    name: "head",
    apply: "build",
    transformIndexHtml(html) {
      const whole =
        address === undefined
          ? html
          : html.replace('content="./preview.jpg"', `content="${address}preview.jpg"`);
      return {
        html: whole,
        tags: [
          {
            tag: "meta",
            attrs: { "http-equiv": "Content-Security-Policy", content: contentSecurityPolicy },
            injectTo: "head-prepend",
          },
        ],
      };
    },
  };
}
