import { defineConfig } from "vite";
import { headPlugin } from "./src/build/head-plugin.ts";
import { offlinePlugin } from "./src/build/offline-plugin.ts";
import { shippedModelPlugin } from "./src/build/shipped-model-plugin.ts";
import { isolationHeaders } from "./src/offline/isolation-headers.ts";

export default defineConfig({
  // Relative, so that the build works under any path.
  base: "./",
  plugins: [headPlugin(process.env["PLAYGROUND_URL"]), shippedModelPlugin(), offlinePlugin()],
  // Its wasm files are next to its scripts, and would not be found from a pre-bundled copy.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  worker: { format: "es" },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
  build: {
    target: "es2023",
    // The wasm files of onnxruntime-web are large, which cannot be helped.
    chunkSizeWarningLimit: 1000,
  },
});
