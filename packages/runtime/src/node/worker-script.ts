import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";

/**
 * The script of the worker thread. It lies beside this file, in its package. Where a bundler has put this file elsewhere,
 * the script is the one of the package that the program would import, if there is one.
 *
 * @param base Where this file is; undefined in a bundle that is CommonJS.
 * @throws MissingRuntimeError where there is none.
 */
export function findWorkerScript(base: string | undefined = import.meta.url): URL {
  const beside = besideModule(base);
  if (beside !== undefined && existsSync(beside)) return beside;
  const installed = besidePackage(base);
  if (installed !== undefined && existsSync(installed)) return installed;
  throw new MissingRuntimeError({
    subject: "inference worker",
    found: `no script at ${beside === undefined ? "a place that this bundle knows" : fileURLToPath(beside)}`,
    expected: "the files of the package @onestep/runtime",
    remedy:
      "Leave @onestep/runtime and onnxruntime-node out of the bundle (esbuild: `--external:@onestep/runtime`; Vite: " +
      "`ssr.external`; Next.js: `serverExternalPackages`), and install them where the bundle runs.",
  });
}

/** Written so that it holds from src/node and from dist/node: a worker cannot run TypeScript. */
const place = "../../dist/node/inference-worker.js";

function besideModule(base: string | undefined): URL | undefined {
  if (base === undefined || !URL.canParse(place, base)) return undefined;
  const url = new URL(place, base);
  return url.protocol === "file:" ? url : undefined;
}

function besidePackage(base: string | undefined): URL | undefined {
  const { createRequire } = process.getBuiltinModule("node:module");
  const program = pathToFileURL(`${process.cwd()}/`).href;
  for (const from of base?.startsWith("file:") ? [base, program] : [program]) {
    try {
      const manifest = createRequire(from).resolve("@onestep/runtime/package.json");
      return new URL("dist/node/inference-worker.js", pathToFileURL(manifest));
    } catch {
      // Elsewhere, perhaps.
    }
  }
  return undefined;
}
