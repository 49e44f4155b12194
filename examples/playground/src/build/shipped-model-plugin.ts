import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";
import { shippedModelFiles, shippedModelFolder } from "../model/shipped-model.ts";

/** Serves the files of `@onestep/emoji32` in development, and copies them into the build. */
export function shippedModelPlugin(): Plugin {
  const folder = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
  return {
    name: "shipped-model",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = request.url?.split(`/${shippedModelFolder}`)[1];
        if (path !== undefined && shippedModelFiles.includes(path))
          request.url = `/@fs/${join(folder, path)}`;
        next();
      });
    },
    generateBundle() {
      for (const path of shippedModelFiles) {
        this.emitFile({
          type: "asset",
          fileName: `${shippedModelFolder}${path}`,
          source: readFileSync(join(folder, path)),
        });
      }
    },
  };
}
