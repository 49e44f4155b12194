import { copyFile, cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build as buildWithEsbuild } from "esbuild";
import { build as buildWithVite } from "vite";
import webpack from "webpack";

/** A bundler, configured as its users would for an application that uses `onestep`. */
export interface Bundler {
  readonly name: string;
  /**
   * Builds the application for production.
   *
   * @param folder - The output folder; empty, or created.
   */
  build(folder: string): Promise<void>;
}

/** The application: `index.html` and `main.js`. It uses the packages as they are published, from their `dist`. */
export const appFolder: string = fileURLToPath(new URL("../../app", import.meta.url));

const { resolve } = createRequire(import.meta.url);

/**
 * esbuild, which does not look for workers or assets: their scripts are entry points of the build, and the wasm files
 * and the bundled model's weights are copied.
 */
export const esbuildBundler: Bundler = {
  name: "esbuild",
  async build(folder) {
    await buildWithEsbuild({
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

/** Vite with its default settings. */
export const viteBundler: Bundler = {
  name: "Vite",
  async build(folder) {
    await buildWithVite({
      configFile: false,
      logLevel: "error",
      root: appFolder,
      build: { outDir: folder, emptyOutDir: true },
    });
  },
};

/** webpack with its default settings. */
export const webpackBundler: Bundler = {
  name: "webpack",
  async build(folder) {
    const compiler = webpack({
      mode: "production",
      context: appFolder,
      entry: "./main.js",
      output: { path: folder },
      performance: false,
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    if (stats?.hasErrors()) throw new Error(stats.toString("errors-only"));
    await copyFile(join(appFolder, "index.html"), join(folder, "index.html"));
  },
};
