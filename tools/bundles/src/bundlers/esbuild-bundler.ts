import { copyFile, cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { appFolder, type Bundler } from "./bundler.ts";

const { resolve } = createRequire(import.meta.url);

/**
 * esbuild, which looks for no workers and no assets: their scripts are entries of the build, and the wasm files and
 * the weights of the model that ships are copied.
 */
export const esbuildBundler: Bundler = {
  name: "esbuild",
  async build(folder) {
    await build({
      absWorkingDir: appFolder,
      entryPoints: {
        main: "main.js",
        "inference-worker-asyncify": "@onestep/runtime/inference-worker-asyncify",
        "inference-worker-jspi": "@onestep/runtime/inference-worker-jspi",
      },
      bundle: true,
      format: "esm",
      minify: true,
      outdir: folder,
      logLevel: "error",
    });
    await copyFile(join(appFolder, "index.html"), join(folder, "index.html"));
    const runtimeFolder = dirname(resolve("onnxruntime-web/webgpu"));
    for (const name of ["ort-wasm-simd-threaded.asyncify.wasm", "ort-wasm-simd-threaded.jspi.wasm"]) {
      await copyFile(join(runtimeFolder, name), join(folder, name));
    }
    const emoji32 = dirname(resolve("@onestep/emoji32/model_index.json"));
    await cp(join(emoji32, "unet"), join(folder, "unet"), { recursive: true });
  },
};
