import type { Plugin } from "vite";

/**
 * What the page may do: scripts of its own and WebAssembly, pictures that it made, and requests to a Hub or mirror that
 * somebody names.
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
 * Completes the head of the built page: its content security policy, which the development server could not work under,
 * and the whole address of the preview picture, which links in chats and networks need.
 *
 * @param address - Where the page is published, with a slash at its end; relative if it is not known.
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
