import { defineConfig } from "vite";
import { headPlugin } from "./src/build/head-plugin.ts";
import { offlinePlugin } from "./src/build/offline-plugin.ts";
import { shippedModelPlugin } from "./src/build/shipped-model-plugin.ts";
import { isolationHeaders } from "./src/offline/isolation-headers.ts";

export default defineConfig({
  // Relative, so that the built folder works under any path.
  base: "./",
  plugins: [headPlugin(process.env["PLAYGROUND_URL"]), shippedModelPlugin(), offlinePlugin()],
  // Its wasm files lie beside its scripts, and would not be found beside a copy.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  worker: { format: "es" },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
  build: {
    target: "es2023",
    // The wasm files of onnxruntime-web are large, and are what they are.
    chunkSizeWarningLimit: 1000,
  },
});
