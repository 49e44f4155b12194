import { build } from "vite";
import { appFolder, type Bundler } from "./bundler.ts";

/** Vite as it comes. */
export const viteBundler: Bundler = {
  name: "Vite",
  async build(folder) {
    await build({
      configFile: false,
      logLevel: "error",
      root: appFolder,
      build: { outDir: folder, emptyOutDir: true },
    });
  },
};
