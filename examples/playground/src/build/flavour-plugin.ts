import type { Plugin } from "vite";

/** Where images are computed: in the browser, or by the service that serves the page. */
export type Flavour = "browser" | "service";

/**
 * Keeps the parts of `index.html` for one flavour: what is between `<!-- browser -->` and `<!-- /browser -->` is only for
 * the page that computes, and likewise for `service`.
 */
export function flavourPlugin(flavour: Flavour): Plugin {
  const other: Flavour = flavour === "browser" ? "service" : "browser";
  const parts = new RegExp(`[ \\t]*<!-- ${other} -->.*?<!-- /${other} -->\\n?`, "gs");
  const marks = new RegExp(`[ \\t]*<!-- /?${flavour} -->\\n?`, "g");
  return {
    name: "flavour",
    transformIndexHtml: {
      order: "pre",
      handler: (html) => html.replaceAll(parts, "").replaceAll(marks, ""),
    },
  };
}
