import { readFileSync } from "node:fs";
import { defaultClientConditions, defineConfig, type Plugin, type UserConfig } from "vite";
import { flavourPlugin } from "./src/build/flavour-plugin.ts";
import { headPlugin } from "./src/build/head-plugin.ts";
import { offlinePlugin } from "./src/build/offline-plugin.ts";
import { shippedModelPlugin } from "./src/build/shipped-model-plugin.ts";
import { isolationHeaders } from "./src/offline/isolation-headers.ts";

/** The page that computes. */
const browser: UserConfig = {
  plugins: [
    flavourPlugin("browser"),
    headPlugin(process.env["PLAYGROUND_URL"]),
    shippedModelPlugin(),
    offlinePlugin(),
  ],
  // Its wasm files are next to its scripts, and would not be found from a pre-bundled copy.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  worker: { format: "es" },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
};

/** The page of a service, which `@onestep/server` brings along. It needs no compiled package. */
const service: UserConfig = {
  plugins: [flavourPlugin("service"), copyPlugin(["before-paint.js", "icon.svg"])],
  publicDir: false,
  resolve: { conditions: ["@onestep/source", ...defaultClientConditions] },
};

export default defineConfig(({ mode }) => ({
  // Relative, so that the build works under any path.
  base: "./",
  ...(mode === "service" ? service : browser),
  build: {
    target: "es2023",
    // The wasm files of onnxruntime-web are large, which cannot be helped.
    chunkSizeWarningLimit: 1000,
  },
}));

/** Copies some files of the public folder. */
function copyPlugin(names: readonly string[]): Plugin {
  return {
    name: "copy",
    apply: "build",
    generateBundle() {
      for (const name of names) {
        const source = readFileSync(new URL(`public/${name}`, import.meta.url));
        this.emitFile({ type: "asset", fileName: name, source });
      }
    },
  };
}
