import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";
import type { KeptFile } from "../offline/kept-file.ts";

/** Larger files are kept only when needed: a browser uses only one of the wasm files. */
const smallest = 1_000_000;

/** Builds the service worker and gives it the list of the page's files. */
export function offlinePlugin(): Plugin {
  let publicFolder = "";
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    configResolved({ publicDir }) {
      publicFolder = publicDir;
    },
    generateBundle: {
      order: "post",
      async handler(_options, bundle) {
        const built = Object.entries(bundle).map(([path, output]) =>
          describe(path, output.type === "chunk" ? output.code : output.source),
        );
        const copied = readdirSync(publicFolder).map((name) =>
          describe(name, readFileSync(join(publicFolder, name))),
        );
        const source = await buildServiceWorker([...built, ...copied]);
        this.emitFile({ type: "asset", fileName: "service-worker.js", source });
      },
    },
  };
}

/** A single script without imports, which every browser accepts as a service worker. */
async function buildServiceWorker(files: readonly KeptFile[]): Promise<string> {
  const output = await build({
    configFile: false,
    publicDir: false,
    logLevel: "error",
    define: { __KEPT_FILES__: JSON.stringify(files) },
    build: {
      write: false,
      rolldownOptions: {
        input: fileURLToPath(new URL("../offline/service-worker.ts", import.meta.url)),
        output: { format: "iife" },
      },
    },
  });
  if (!("output" in output)) throw new Error("The service worker was built more than once.");
  return output.output[0].code;
}

function describe(path: string, content: string | Uint8Array): KeptFile {
  const revision = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return { path, revision, isLarge: content.length > smallest };
}
